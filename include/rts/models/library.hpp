#pragma once
// Every network by name: `unetplusplus/efficientnet-b3`, `unetplusplus/efficientnet-lite0`, ...

#include <rts/models/network.hpp>

namespace rts::inline RTS_ABI::models {

/// Names that `make_network` knows, in a fixed order.
std::vector<std::string> library_names();

/// Builds a network with first weights from torch's generator. errors: RTS-M52 for an unknown name.
std::shared_ptr<Network> make_network(const std::string& library_name, const NetworkOptions& options);

}  // namespace rts::inline RTS_ABI::models

#if RTS_HEADER_ONLY
#include <rts/models/library.ipp>
#endif
