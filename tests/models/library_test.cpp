// Parity with segmentation_models_pytorch 0.6.0 (fixtures/generate_models.py) and the weight files in both directions.
#include <rts/core/description.hpp>
#include <rts/core/error.hpp>
#include <rts/models/library.hpp>
#include <rts/models/weights/load.hpp>

#include <ATen/ATen.h>

#include <filesystem>
#include <fstream>
#include <set>

#undef CHECK  // torch has a macro of this name
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;

namespace {
constexpr double logits_tolerance = 1e-4;  // relative to the largest logit, fp32
const std::filesystem::path fixtures = std::filesystem::path(RTS_FIXTURES) / "models";

/// The generator's formula: SplitMix64 of (hash of name, index), top 24 bits, in [-1, 1).
std::vector<double> uniform(const std::string& name, std::int64_t count) {
  const std::uint64_t base = fnv1a(name);
  std::vector<double> out(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint64_t z = base + static_cast<std::uint64_t>(i + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    out[static_cast<std::size_t>(i)] = static_cast<double>((z ^ (z >> 31)) >> 40) / 8388608.0 - 1.0;
  }
  return out;
}

void fill(const std::string& name, at::Tensor t) {
  const c10::NoGradGuard no_grad;
  if (name.ends_with("num_batches_tracked")) return;
  const std::vector<double> u = uniform(name, t.numel());
  float* p = t.mutable_data_ptr<float>();
  const double fan_in = t.dim() == 4 ? static_cast<double>(t.size(1) * t.size(2) * t.size(3)) : 1;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const double v = name.ends_with("running_var") ? 1.0 + 0.5 * u[i] : name.ends_with("running_mean") || name.ends_with("bias") ? 0.1 * u[i]
                                                                    : t.dim() == 4                                               ? u[i] * std::sqrt(6.0 / fan_in)
                                                                                                                                 : 1.0 + 0.1 * u[i];
    p[i] = static_cast<float>(v);
  }
}
}  // namespace

TEST_CASE("names, shapes and logits equal the peer's") {
  const models::TensorFile expected = models::read_safetensors(fixtures / "logits.safetensors");
  const std::vector<double> values = uniform("input", 4 * 64 * 96);
  at::Tensor image = at::empty({1, 4, 64, 96});
  for (std::size_t i = 0; i < values.size(); ++i) image.mutable_data_ptr<float>()[i] = static_cast<float>(values[i]);
  for (const std::string& name : models::library_names()) {
    CAPTURE(name);
    const std::string encoder = name.substr(name.find('/') + 1);
    const int bands = encoder == "efficientnet-b3" || encoder == "efficientnet-lite0" ? 4 : 3;
    auto network = models::make_network(name, {.bands = bands});
    std::set<std::string> ours, theirs;
    for (const auto& [key, tensor] : models::named_tensors(*network)) {
      std::string shape;
      for (const auto d : tensor.sizes()) shape += (shape.empty() ? "" : ", ") + std::to_string(d);
      ours.insert(key + " [" + shape + "]");
      fill(key, tensor);
    }
    std::ifstream in(fixtures / (encoder + ".names.txt"));
    for (std::string line; std::getline(in, line);) theirs.insert(line);
    CHECK(theirs.size() > 100);
    CHECK(ours == theirs);
    network->set_mode(false, false);
    const c10::NoGradGuard no_grad;
    const at::Tensor logits = network->forward(image.narrow(1, 0, bands).contiguous());
    const at::Tensor& want = expected.tensors.at(encoder);
    const double relative = (logits - want).abs().max().item<double>() / want.abs().max().item<double>();
    CHECK(relative <= logits_tolerance);
  }
}

TEST_CASE("B7 with 3 bands and 1 class has 68,163,553 parameters") {
  std::int64_t count = 0;
  for (const at::Tensor& p : models::make_network("unetplusplus/efficientnet-b7", {})->parameters()) count += p.numel();
  CHECK(count == 68163553);
}

TEST_CASE("files made by Python load, in every format") {
  const models::TensorFile want = models::read_safetensors(fixtures / "python.safetensors");
  CHECK(want.metadata.at("made") == "by python");
  CHECK(want.tensors.size() == 10);
  for (const char* file : {"python.pth", "python_legacy.pth", "python_nested.pth"}) {
    CAPTURE(file);
    const models::TensorFile got = models::read_pth(fixtures / file);
    for (const auto& [name, tensor] : want.tensors) {
      CAPTURE(name);
      REQUIRE(got.tensors.count(name));
      CHECK(at::equal(got.tensors.at(name), tensor));
    }
  }
}

TEST_CASE("a file that wants to run code is refused and runs nothing") {
  std::filesystem::remove("/tmp/rts_was_executed");
  try {
    models::read_pth(fixtures / "evil.pth");
    FAIL("it was accepted");
  } catch (const Error& e) {
    CHECK(e.code() == "RTS-W54");
    CHECK(e.exit_code() == ExitCode::bad_data);
  }
  CHECK_FALSE(std::filesystem::exists("/tmp/rts_was_executed"));
}

TEST_CASE("truncated and malicious safetensors are refused") {
  const auto path = std::filesystem::temp_directory_path() / "rts_bad.safetensors";
  const auto refused = [&](std::string header, const std::string& data) {
    std::ofstream out(path, std::ios::binary);
    std::uint64_t n = header.size();
    out.write(reinterpret_cast<const char*>(&n), 8);
    out << header << data;
    out.close();
    try {
      models::read_safetensors(path);
      return std::string("accepted");
    } catch (const Error& e) {
      return e.code();
    }
  };
  const std::string four(16, '\0');
  CHECK(refused(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", four) == "accepted");
  CHECK(refused(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", "short") == "RTS-W52");
  CHECK(refused(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", four + "x") == "RTS-W52");
  CHECK(refused(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[4,20]}})", four + "1234") == "RTS-W52");
  CHECK(refused(R"({"a":{"dtype":"F32","shape":[9223372036854775807,9],"data_offsets":[0,16]}})", four) == "RTS-W52");
  CHECK(refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})", four) == "RTS-W52");
  CHECK(refused("[[[[[[", four) == "RTS-W52");
  std::ofstream(path, std::ios::binary) << "abc";
  CHECK_THROWS_AS(models::read_safetensors(path), Error);
  std::filesystem::remove(path);
}

TEST_CASE("weights of another model change nothing") {
  auto lite = models::make_network("unetplusplus/efficientnet-lite0", {}), wide = models::make_network("unetplusplus/efficientnet-lite0", {.bands = 4});
  const at::Tensor before = models::named_tensors(*lite).at("segmentation_head.0.weight").clone();
  try {
    models::load_network(*lite, {models::named_tensors(*wide), {}}, "four bands");
    FAIL("it was accepted");
  } catch (const Error& e) {
    CHECK(e.code() == "RTS-W62");
  }
  CHECK(at::equal(before, models::named_tensors(*lite).at("segmentation_head.0.weight")));
}
