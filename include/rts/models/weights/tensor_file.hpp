#pragma once
// Named tensors on disk: safetensors (native) and PyTorch's .pth (restricted: no code can run). Knows no network.

#include <rts/core/config.hpp>

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace rts::inline RTS_ABI::models {

using TensorMap = std::map<std::string, at::Tensor>;
using Metadata = std::map<std::string, std::string>;

struct TensorFile {
  TensorMap tensors;
  Metadata metadata;
};

/// Reads a safetensors file. Strict: header length and JSON checked, no duplicate names, offsets cover the data
/// section without hole or overlap, sizes agree with shapes. errors: RTS-W51 (unreadable), RTS-W52 (malformed).
TensorFile read_safetensors(const std::filesystem::path& path);

/// Writes to a temporary name, flushes, renames. Tensors are copied to the CPU and made contiguous.
/// errors: RTS-W53 when the disk is full or the folder not writable; nothing half-written stays.
void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors, const Metadata& metadata = {});

/// Reads a PyTorch state dict (zip or legacy format), also inside {"state_dict": ...} or {"model": ...}. Only
/// OrderedDict, tensor and storage constructors are known; any other name in the file is refused, nothing is executed.
/// errors: RTS-W51, RTS-W54 (would run code), RTS-W52.
TensorFile read_pth(const std::filesystem::path& path);

/// Writes a state dict that `torch.load(path, weights_only=True)` accepts. errors: RTS-W53.
void write_pth(const std::filesystem::path& path, const TensorMap& tensors);

/// Reads by extension: .safetensors, or .pth, .pt, .bin. errors: as above, RTS-W55 for another extension.
TensorFile read_tensors(const std::filesystem::path& path);

}  // namespace rts::inline RTS_ABI::models

#if RTS_HEADER_ONLY
#include <rts/models/weights/safetensors.ipp>
#include <rts/models/weights/pth.ipp>
#endif
