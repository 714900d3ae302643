#pragma once
// Build modes and the inline namespace that keeps them apart. Defines no function and no type.
//
// Header-only (default): bodies in `.ipp` files come in as inline functions.
// Compiled: the target `rts::compiled` defines RTS_COMPILED and holds the bodies once.
// The two modes live in different inline namespaces, so objects of one do not link against objects
// of the other, and the linker's message shows which is which.

#define RTS_VERSION_MAJOR 0
#define RTS_VERSION_MINOR 1
#define RTS_VERSION_PATCH 0
#define RTS_VERSION "0.1.0"

#if defined(RTS_COMPILED)
#define RTS_ABI v0_compiled
#define RTS_INLINE
#define RTS_HEADER_ONLY 0
#else
#define RTS_ABI v0_header_only
#define RTS_INLINE inline
#define RTS_HEADER_ONLY 1
#endif

// Specifiers of functions that both g++ and nvcc compile.
#if defined(__CUDACC__)
#define RTS_HD __host__ __device__
#else
#define RTS_HD
#endif
