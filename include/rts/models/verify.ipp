#pragma once
#include <rts/models/verify.hpp>

#include <rts/core/error.hpp>
#include <rts/models/library.hpp>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace rts::inline RTS_ABI::models {

RTS_INLINE VerifyReport verify(const std::string& library_name, const NetworkOptions& options, const std::filesystem::path& weights, const std::filesystem::path& input, const std::filesystem::path& expect) {
  const auto tensor = [](const std::filesystem::path& path, const char* name) {
    const TensorFile file = read_tensors(path);
    const auto it = file.tensors.find(name);
    RTS_CHECK_DATA(it != file.tensors.end(), .code = "RTS-M53", .what = "a tensor is missing", .where = path.string(), .expected = name, .found = file.tensors.empty() ? "no tensors" : file.tensors.begin()->first + ", ...", .fix = "save it under this name");
    return it->second.to(at::kFloat);
  };
  VerifyReport report;
  auto network = make_network(library_name, options);
  report.load = load_network(*network, read_tensors(weights), weights.string());
  const at::Tensor image = tensor(input, "input"), expected = tensor(expect, "output");
  const c10::InferenceMode inference;
  network->set_mode(false, false);
  const at::Tensor output = network->forward(image);
  RTS_CHECK_DATA(output.sizes() == expected.sizes(), .code = "RTS-M54", .what = "the output has another shape", .where = expect.string(), .expected = c10::str(expected.sizes()), .found = c10::str(output.sizes()), .fix = "check --classes and the input's size");
  report.largest_difference = (output - expected).abs().max().item<double>();
  report.largest_expected = expected.abs().max().item<double>();
  return report;
}

}  // namespace rts::inline RTS_ABI::models
