// Weight files with random damage: each is read as it should be or refused with a code; nothing crashes, no memory runs away.
#include <rts/core/error.hpp>
#include <rts/core/philox_formula.hpp>
#include <rts/models/weights/tensor_file.hpp>

#include <ATen/ATen.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#undef CHECK  // torch has a macro of this name
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;

namespace {
std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string damaged(std::string bytes, Random& random) {
  const auto somewhere = [&] { return random.below(static_cast<std::uint32_t>(bytes.size())); };
  for (std::uint32_t k = 0, n = 1 + random.below(4); k < n && !bytes.empty(); ++k) switch (random.below(5)) {
      case 0: bytes[somewhere()] = static_cast<char>(random.below(256)); break;
      case 1: bytes[somewhere()] ^= static_cast<char>(1u << random.below(8)); break;
      case 2: bytes.resize(somewhere()); break;
      case 3: bytes.insert(somewhere(), bytes.substr(somewhere(), random.below(64))); break;
      case 4: bytes.erase(somewhere(), random.below(32)); break;
    }
  return bytes;
}
}  // namespace

TEST_CASE("damaged weight files are refused with a code") {
  const auto folder = std::filesystem::temp_directory_path() / ("rts-mutation-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const models::TensorMap tensors{{"a.weight", at::arange(12, at::kFloat).view({3, 4})}, {"b.bias", at::arange(3, at::kHalf)}, {"c.count", at::ones({}, at::kLong)}};
  for (const char* name : {"file.safetensors", "file.pth"}) {
    CAPTURE(name);
    const auto path = folder / name;
    if (path.extension() == ".pth") models::write_pth(path, tensors);
    else models::write_safetensors(path, tensors, {{"k", "v"}});
    const std::string good = bytes_of(path);
    CHECK(models::read_tensors(path).tensors.size() == 3);
    int read = 0, refused = 0;
    for (std::uint64_t i = 0; i < 4000; ++i) {
      Random random(20261121, 1, i);
      std::ofstream(path, std::ios::binary | std::ios::trunc) << damaged(good, random);
      try {
        for (const auto& [key, tensor] : models::read_tensors(path).tensors) REQUIRE(tensor.numel() < 1000000);
        ++read;
      } catch (const Error& e) {
        REQUIRE(e.code().starts_with("RTS-W"));
        ++refused;
      }
    }
    MESSAGE(read << " read, " << refused << " refused");
    CHECK(refused > 2000);
    CHECK(read > 0);  // damage to values alone is no damage to the format
  }
  std::filesystem::remove_all(folder);
}
