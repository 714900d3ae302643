#pragma once
#include "cuda_emulation.hpp"
#include <c10/util/Half.h>
struct __half2 {
  c10::Half x, y;
};
inline float2 __half22float2(__half2 v) { return {static_cast<float>(v.x), static_cast<float>(v.y)}; }
inline __half2 __floats2half2_rn(float a, float b) { return {c10::Half(a), c10::Half(b)}; }
