#pragma once
#include <rts/models/library.hpp>

#include <rts/core/error.hpp>
#include <rts/models/decoders/unetplusplus.hpp>
#include <rts/models/encoders/efficientnet.hpp>

namespace rts::inline RTS_ABI::models {

RTS_INLINE std::vector<std::string> library_names() {
  std::vector<std::string> names;
  for (int i = 0; i < 8; ++i) names.push_back("unetplusplus/efficientnet-b" + std::to_string(i));
  for (int i = 0; i < 5; ++i) names.push_back("unetplusplus/efficientnet-lite" + std::to_string(i));
  return names;
}

RTS_INLINE std::shared_ptr<Network> make_network(const std::string& library_name, const NetworkOptions& options) {
  std::string known;
  for (const std::string& name : library_names()) {
    known += (known.empty() ? "" : ", ") + name;
    if (name != library_name) continue;
    const int variant = name.back() - '0';
    const bool lite = name.find("lite") != std::string::npos;
    auto encoder = lite ? make_efficientnet_lite(variant, options.bands, options.drop_path) : make_efficientnet(variant, options.bands, options.drop_path);
    return make_unetplusplus(name, std::move(encoder), options, !lite);
  }
  throw UsageError({.code = "RTS-M52", .what = "unknown model", .expected = "one of " + known, .found = library_name, .fix = "choose a name from --list"});
}

}  // namespace rts::inline RTS_ABI::models
