#pragma once
#include <rts/models/weights/tensor_file.hpp>

#include <rts/core/atomic_file.hpp>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <fstream>
#include <set>

namespace rts::inline RTS_ABI::models {
namespace safetensors {

struct DtypeName {
  const char* name;
  at::ScalarType type;
};
inline const DtypeName* dtype_table(std::size_t& count) {
  static const DtypeName table[] = {{"BOOL", at::kBool}, {"U8", at::kByte}, {"I8", at::kChar}, {"I16", at::kShort}, {"I32", at::kInt}, {"I64", at::kLong}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"F32", at::kFloat}, {"F64", at::kDouble}};
  count = std::size(table);
  return table;
}

[[noreturn]] inline void malformed(const std::filesystem::path& path, std::string what, std::string expected, std::string found) {
  throw DataError({.code = "RTS-W52", .what = "malformed weights file: " + std::move(what), .where = path.string(), .expected = std::move(expected), .found = std::move(found), .fix = "download or convert the file again; nothing of it was used"});
}
[[noreturn]] inline void unreadable(const std::filesystem::path& path, std::string found) {
  throw DataError({.code = "RTS-W51", .what = "cannot read the weights file", .where = path.string(), .found = std::move(found), .fix = "check the path and the permissions"});
}

inline constexpr std::uint64_t max_header = 100'000'000;

}  // namespace safetensors

RTS_INLINE TensorFile read_safetensors(const std::filesystem::path& path) {
  using namespace safetensors;
  std::ifstream in(path, std::ios::binary);
  std::error_code error;
  const std::uint64_t size = in ? std::filesystem::file_size(path, error) : 0;
  if (!in || error) unreadable(path, "no such file, or no permission");
  unsigned char prefix[8];
  if (size < 8 || !in.read(reinterpret_cast<char*>(prefix), 8)) malformed(path, "too short", "at least 8 bytes", std::to_string(size));
  std::uint64_t header_size = 0;
  for (int i = 7; i >= 0; --i) header_size = header_size << 8 | prefix[i];
  if (header_size > max_header || header_size > size - 8) malformed(path, "header length out of range", "at most " + std::to_string(std::min(max_header, size - 8)), std::to_string(header_size));
  std::string text(header_size, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(header_size))) malformed(path, "truncated header", std::to_string(header_size) + " bytes", "fewer");
  if (text.empty() || text[0] != '{') malformed(path, "header is no JSON object", "'{'", text.substr(0, 1));

  std::vector<std::set<std::string>> keys;
  bool duplicate = false;
  std::string duplicated;
  nlohmann::json header;
  try {
    header = nlohmann::json::parse(text, [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
      if (event == nlohmann::json::parse_event_t::object_start) {
        if (depth > 2) throw std::runtime_error("nested too deeply");
        keys.emplace_back();
      }
      if (event == nlohmann::json::parse_event_t::array_start && depth > 2) throw std::runtime_error("nested too deeply");
      if (event == nlohmann::json::parse_event_t::object_end) keys.pop_back();
      if (event == nlohmann::json::parse_event_t::key && !keys.empty() && !keys.back().insert(value.get<std::string>()).second) {
        duplicate = true;
        duplicated = value.get<std::string>();
      }
      return true;
    });
  } catch (const std::exception& e) {
    malformed(path, "header is no valid JSON", "JSON", e.what());
  }
  if (duplicate) malformed(path, "a name occurs twice", "unique names", duplicated);

  const std::uint64_t data_size = size - 8 - header_size;
  struct Entry {
    std::string name;
    at::ScalarType type;
    std::vector<std::int64_t> shape;
    std::uint64_t begin, end;
  };
  std::vector<Entry> entries;
  TensorFile file;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") {
      if (!value.is_object()) malformed(path, "__metadata__ is no object", "strings by name", value.type_name());
      for (const auto& [k, v] : value.items()) {
        if (!v.is_string()) malformed(path, "__metadata__ holds something other than text", "string", v.type_name());
        file.metadata[k] = v.get<std::string>();
      }
      continue;
    }
    try {
      Entry e{name, at::kFloat, value.at("shape").get<std::vector<std::int64_t>>(), 0, 0};
      const auto offsets = value.at("data_offsets");
      const std::string dtype = value.at("dtype").get<std::string>();
      if (value.size() != 3 || !offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned())
        malformed(path, "entry with other fields than dtype, shape, data_offsets", "three fields, offsets [begin, end]", name);
      e.begin = offsets[0].get<std::uint64_t>();
      e.end = offsets[1].get<std::uint64_t>();
      std::size_t count = 0;
      const DtypeName* table = dtype_table(count);
      const DtypeName* found = nullptr;
      for (std::size_t i = 0; i < count; ++i)
        if (dtype == table[i].name) found = &table[i];
      if (!found) malformed(path, "tensor '" + name + "' has an unknown dtype", "BOOL, U8, I8, I16, I32, I64, F16, BF16, F32, F64", dtype);
      e.type = found->type;
      std::uint64_t bytes = c10::elementSize(e.type);
      for (const std::int64_t d : e.shape) {
        if (d < 0 || (d > 0 && bytes > data_size / static_cast<std::uint64_t>(d) + 1)) malformed(path, "tensor '" + name + "' is larger than the file", std::to_string(data_size) + " bytes at most", value.at("shape").dump());
        bytes *= static_cast<std::uint64_t>(d);
      }
      if (e.begin > e.end || e.end > data_size || e.end - e.begin != bytes)
        malformed(path, "offsets of '" + name + "' disagree with its shape or the file", std::to_string(bytes) + " bytes within " + std::to_string(data_size), "[" + std::to_string(e.begin) + ", " + std::to_string(e.end) + ")");
      entries.push_back(std::move(e));
    } catch (const nlohmann::json::exception& e) {
      malformed(path, "entry '" + name + "' is incomplete", "dtype, shape, data_offsets", e.what());
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  std::uint64_t covered = 0;
  for (const Entry& e : entries) {
    if (e.begin != covered) malformed(path, "hole or overlap before '" + e.name + "'", "offset " + std::to_string(covered), std::to_string(e.begin));
    covered = e.end;
  }
  if (covered != data_size) malformed(path, "data section longer than its tensors", std::to_string(covered) + " bytes", std::to_string(data_size));
  for (const Entry& e : entries) {
    at::Tensor t = at::empty(e.shape, at::TensorOptions().dtype(e.type));
    if (!in.read(static_cast<char*>(t.mutable_data_ptr()), static_cast<std::streamsize>(e.end - e.begin)) && e.end != e.begin)
      malformed(path, "truncated data", std::to_string(data_size) + " bytes", "fewer");
    file.tensors.emplace(e.name, std::move(t));
  }
  return file;
}

RTS_INLINE void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors, const Metadata& metadata) {
  using namespace safetensors;
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  std::size_t count = 0;
  const DtypeName* table = dtype_table(count);
  for (const auto& [name, tensor] : tensors) {
    const char* dtype = nullptr;
    for (std::size_t i = 0; i < count; ++i)
      if (table[i].type == tensor.scalar_type()) dtype = table[i].name;
    RTS_CHECK(dtype, .code = "RTS-W56", .what = "a tensor of this dtype has no safetensors name", .where = name, .found = c10::toString(tensor.scalar_type()), .fix = "convert it first");
    const std::uint64_t bytes = tensor.nbytes();
    header[name] = {{"dtype", dtype}, {"shape", tensor.sizes().vec()}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  AtomicFile out(path, "RTS-W53");
  unsigned char prefix[8];
  for (int i = 0; i < 8; ++i) prefix[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(text.size()) >> (8 * i));
  out.write(prefix, 8);
  out.write(text);
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor t = tensor.detach().to(at::kCPU).contiguous();
    out.write(t.const_data_ptr(), t.nbytes());
  }
  out.commit();
}

}  // namespace rts::inline RTS_ABI::models
