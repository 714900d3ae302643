#pragma once
#include "cuda_emulation.hpp"
#include <c10/util/BFloat16.h>
struct __nv_bfloat162 {
  c10::BFloat16 x, y;
};
inline float2 __bfloat1622float2(__nv_bfloat162 v) { return {static_cast<float>(v.x), static_cast<float>(v.y)}; }
inline __nv_bfloat162 __floats2bfloat162_rn(float a, float b) { return {c10::BFloat16(a), c10::BFloat16(b)}; }
