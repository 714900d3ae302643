#pragma once
// Instruction sets of the CPU, chosen when a program starts. Functions carry their set as an attribute; no file is compiled with -mavx*.

#include <rts/core/config.hpp>

#if defined(__x86_64__)
#define RTS_X86 1
#define RTS_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define RTS_TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,prefer-vector-width=512")))
#else
#define RTS_X86 0
#define RTS_TARGET_AVX2
#define RTS_TARGET_AVX512
#endif

namespace rts::kernels {

enum class Isa { baseline,
                 avx2,
                 avx512 };

/// The widest set this machine has.
inline Isa best_isa() {
#if RTS_X86
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) return Isa::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Isa::avx2;
#endif
  return Isa::baseline;
}

/// The set that kernels use; tests and benchmarks set it, nothing else does. Not thread-safe to change.
inline Isa& active_isa() {
  static Isa isa = best_isa();
  return isa;
}

}  // namespace rts::kernels
