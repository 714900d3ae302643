#pragma once
#include <rts/models/weights/tensor_file.hpp>

#include <rts/models/weights/pickle.hpp>
#include <rts/models/weights/safetensors.ipp>

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

namespace rts::inline RTS_ABI::models {
namespace pth {

struct StorageType {
  const char* name;
  at::ScalarType type;
};
inline const StorageType* find_storage(std::string_view name, at::ScalarType type, bool by_name) {
  static const StorageType table[] = {{"FloatStorage", at::kFloat}, {"DoubleStorage", at::kDouble}, {"HalfStorage", at::kHalf}, {"BFloat16Storage", at::kBFloat16}, {"LongStorage", at::kLong}, {"IntStorage", at::kInt}, {"ShortStorage", at::kShort}, {"CharStorage", at::kChar}, {"ByteStorage", at::kByte}, {"BoolStorage", at::kBool}};
  for (const StorageType& s : table)
    if (by_name ? name == s.name : type == s.type) return &s;
  return nullptr;
}

/// A tensor as the pickle describes it, before its bytes are known.
struct View {
  std::string name, key;
  at::ScalarType type;
  std::int64_t offset;
  std::vector<std::int64_t> shape, stride;
};

inline void collect(const std::filesystem::path& path, const pickle::Value& value, const std::string& prefix, std::vector<View>& views, int depth) {
  if (depth > 4 || !value.is_dict()) return;
  for (const auto& [key, item] : value.dict()) {
    if (!key.is_text()) continue;
    const std::string name = prefix + key.text();
    if (!item.is_tensor()) continue;
    const pickle::TensorSpec& t = item.tensor();
    const StorageType* storage = find_storage(t.storage.type, {}, true);
    if (!storage) safetensors::malformed(path, "unknown storage type of '" + name + "'", "FloatStorage, LongStorage, ...", t.storage.type);
    views.push_back({name, t.storage.key, storage->type, t.offset, t.shape, t.stride});
  }
}

/// Storage sizes are in elements; a view must stay inside its storage.
inline at::Tensor materialize(const std::filesystem::path& path, const View& v, const std::string& bytes) {
  const auto element = static_cast<std::int64_t>(c10::elementSize(v.type));
  const std::int64_t available = static_cast<std::int64_t>(bytes.size()) / element;
  for (const std::int64_t d : v.shape)
    if (d == 0 && std::all_of(v.shape.begin(), v.shape.end(), [](std::int64_t n) { return n >= 0 && n < (std::int64_t{1} << 20); }))
      return at::empty(v.shape, at::TensorOptions().dtype(v.type));
  bool inside = v.offset >= 0 && v.shape.size() == v.stride.size() && v.shape.size() <= 8;
  std::int64_t last = v.offset, count = 1;
  for (std::size_t i = 0; inside && i < v.shape.size(); ++i) {
    inside = v.shape[i] >= 0 && v.stride[i] >= 0 && v.shape[i] <= available && v.stride[i] <= available;
    if (inside && v.shape[i] > 0) last += (v.shape[i] - 1) * v.stride[i];
    inside = inside && last <= available;
    count *= v.shape[i];
    inside = inside && count <= available;
  }
  if (!inside || (count > 0 && last >= available))
    safetensors::malformed(path, "tensor '" + v.name + "' reaches outside its storage", std::to_string(available) + " elements at most", std::to_string(last + 1));
  if (count == 0) return at::empty(v.shape, at::TensorOptions().dtype(v.type));
  const at::Tensor whole = at::from_blob(const_cast<char*>(bytes.data()), {available}, at::TensorOptions().dtype(v.type));
  return whole.as_strided(v.shape, v.stride, v.offset).clone(at::MemoryFormat::Contiguous);
}

inline std::vector<View> views_of(const std::filesystem::path& path, const pickle::Value& root) {
  std::vector<View> views;
  collect(path, root, "", views, 0);
  if (views.empty() && root.is_dict())
    for (const char* inner : {"state_dict", "model"})
      for (const auto& [key, item] : root.dict())
        if (views.empty() && key.is_text() && key.text() == inner) collect(path, item, "", views, 0);
  if (views.empty()) safetensors::malformed(path, "no tensors by name", "a state dict, or one under 'state_dict' or 'model'", "something else");
  return views;
}

inline TensorFile read_legacy(const std::filesystem::path& path, const std::string& bytes) {
  // Five pickles in a row (magic, protocol, system, object, storage keys), then each storage: count and raw values.
  pickle::Reader reader(bytes, path.string());
  const pickle::Value magic = reader.next();
  if (!magic.is_bytes() || magic.bytes() != std::string("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10)) safetensors::malformed(path, "neither a zip archive nor a PyTorch file", "PyTorch's magic number", "other bytes");
  reader.next();
  reader.next();
  const pickle::Value root = reader.next();
  const pickle::Value keys = reader.next();
  std::map<std::string, at::ScalarType> types;
  for (const auto& s : reader.storages()) {
    const StorageType* t = find_storage(s.type, {}, true);
    if (!t) safetensors::malformed(path, "unknown storage type", "FloatStorage, LongStorage, ...", s.type);
    types[s.key] = t->type;
  }
  std::map<std::string, std::string> storage;
  std::size_t at_byte = reader.position();
  if (!keys.is_list()) safetensors::malformed(path, "no list of storages", "list", "other");
  for (const pickle::Value& key : keys.list()) {
    if (!key.is_text() || !types.count(key.text()) || bytes.size() - at_byte < 8) safetensors::malformed(path, "truncated storage", "8 bytes of length", std::to_string(bytes.size() - at_byte));
    std::uint64_t count = 0;
    for (int i = 7; i >= 0; --i) count = count << 8 | static_cast<unsigned char>(bytes[at_byte + static_cast<std::size_t>(i)]);
    at_byte += 8;
    const std::uint64_t element = c10::elementSize(types[key.text()]);
    if (count > (bytes.size() - at_byte) / element) safetensors::malformed(path, "truncated storage", std::to_string(count) + " elements", std::to_string((bytes.size() - at_byte) / element));
    storage[key.text()] = bytes.substr(at_byte, count * element);
    at_byte += count * element;
  }
  TensorFile file;
  for (const View& v : views_of(path, root)) file.tensors[v.name] = materialize(path, v, storage[v.key]);
  return file;
}

/// A view of `std::string` bytes for PyTorch's zip reader.
class Bytes : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit Bytes(const std::string& bytes) : bytes_(bytes) {}
  std::size_t size() const override { return bytes_.size(); }
  std::size_t read(std::uint64_t pos, void* buf, std::size_t n, const char*) const override {
    if (pos >= bytes_.size()) return 0;
    n = std::min<std::size_t>(n, bytes_.size() - pos);
    std::memcpy(buf, bytes_.data() + pos, n);
    return n;
  }

 private:
  const std::string& bytes_;
};

inline TensorFile read_zip(const std::filesystem::path& path, const std::string& bytes) {
  std::map<std::string, std::string> storage;
  pickle::Value root;
  try {
    caffe2::serialize::PyTorchStreamReader archive(std::make_shared<Bytes>(bytes));
    archive.setShouldLoadDebugSymbol(false);
    const auto record = [&](const std::string& name) {
      auto [data, size] = archive.getRecord(name);
      return std::string(static_cast<const char*>(data.get()), size);
    };
    const std::string pickled = record("data.pkl");
    pickle::Reader reader(pickled, path.string());
    root = reader.next();
    for (const auto& s : reader.storages()) storage[s.key] = record("data/" + s.key);
  } catch (const c10::Error& e) {
    safetensors::malformed(path, "damaged archive", "a zip file written by torch.save", e.what_without_backtrace());
  }
  TensorFile file;
  for (const View& v : views_of(path, root)) file.tensors[v.name] = materialize(path, v, storage[v.key]);
  return file;
}

}  // namespace pth

RTS_INLINE TensorFile read_pth(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) safetensors::unreadable(path, "no such file, or no permission");
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  return bytes.starts_with("PK") ? pth::read_zip(path, bytes) : pth::read_legacy(path, bytes);
}

RTS_INLINE void write_pth(const std::filesystem::path& path, const TensorMap& tensors) {
  pickle::Writer pickled;
  pickled.begin_dict();
  std::vector<at::Tensor> data;
  for (const auto& [name, tensor] : tensors) {
    const auto* storage = pth::find_storage({}, tensor.scalar_type(), false);
    RTS_CHECK(storage, .code = "RTS-W56", .what = "a tensor of this dtype has no storage name", .where = name, .fix = "convert it first");
    data.push_back(tensor.detach().to(at::kCPU).contiguous());
    pickled.tensor(name, storage->name, std::to_string(data.size() - 1), data.back().numel(), data.back().sizes().vec(), data.back().strides().vec());
  }
  const std::string text = pickled.finish();
  AtomicFile out(path, "RTS-W53");
  {
    caffe2::serialize::PyTorchStreamWriter archive([&](const void* buf, std::size_t n) { out.write(buf, n); return n; });
    archive.writeRecord("data.pkl", text.data(), text.size());
    archive.writeRecord("byteorder", "little", 6);
    for (std::size_t i = 0; i < data.size(); ++i) archive.writeRecord("data/" + std::to_string(i), data[i].const_data_ptr(), data[i].nbytes());
    archive.writeEndOfFile();
  }
  out.commit();
}

RTS_INLINE TensorFile read_tensors(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".safetensors") return read_safetensors(path);
  if (extension == ".pth" || extension == ".pt" || extension == ".bin") return read_pth(path);
  throw DataError({.code = "RTS-W55", .what = "unknown kind of weights file", .where = path.string(), .expected = ".safetensors, .pth, .pt or .bin", .found = extension, .fix = "convert the file, or give it its proper name"});
}

}  // namespace rts::inline RTS_ABI::models
