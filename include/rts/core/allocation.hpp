#pragma once
// How this process keeps freed memory. Tensors of one step have the sizes of the step before: giving their pages back to the
// system and faulting them in again costs about a tenth of a training step on the CPU. Changes nothing outside glibc.

#include <rts/core/config.hpp>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace rts::inline RTS_ABI {

/// Keeps freed memory in the process for reuse, up to its own peak. For programs; a library never calls it on its own.
inline void keep_freed_memory() {
#if defined(__GLIBC__)
  ::mallopt(M_ARENA_MAX, 1);                    // what one thread frees, every other can use
  ::mallopt(M_MMAP_MAX, 0);                     // large blocks from the heap, too
  ::mallopt(M_TRIM_THRESHOLD, 0x7fffffff);      // and none of it back before the end
  ::mallopt(M_TOP_PAD, 64 * 1024 * 1024);
#endif
}

}  // namespace rts::inline RTS_ABI
