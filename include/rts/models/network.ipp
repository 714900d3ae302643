#pragma once
#include <rts/models/network.hpp>

namespace rts::inline RTS_ABI::models {

RTS_INLINE void Network::set_mode(bool training, bool encoder_frozen) {
  train(training);
  if (training && encoder_frozen)
    for (const auto& child : named_children())
      if (child.key() == "encoder") child.value()->train(false);
}

}  // namespace rts::inline RTS_ABI::models
