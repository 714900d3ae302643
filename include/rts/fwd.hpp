#pragma once
// Declarations of what users name most, for headers that only pass these things on.

#include <rts/core/config.hpp>

namespace rts::inline RTS_ABI {
template <class... P>
struct Trainer;
class Error;
struct Problem;
class Random;
struct D4;
namespace train {
struct Plan;
}
namespace data {
class Source;
struct Batch;
}  // namespace data
}  // namespace rts::inline RTS_ABI
