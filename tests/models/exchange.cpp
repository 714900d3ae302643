// Writes a network's weights in both formats into the folder given, for tests/models/exchange_test.py.
#include <rts/models/library.hpp>
#include <rts/models/weights/load.hpp>
#include <rts/models/weights/tensor_file.hpp>

#include <ATen/ATen.h>

#include <filesystem>

int main(int, char** argv) {
  using namespace rts;
  const std::filesystem::path folder = argv[1];
  at::manual_seed(3);
  const auto network = models::make_network("unetplusplus/efficientnet-lite0", {.bands = 4});
  models::TensorMap tensors = models::named_tensors(*network);
  tensors["extra.half"] = at::arange(6, at::kFloat).to(at::kHalf).view({2, 3});
  tensors["extra.bfloat16"] = at::arange(5, at::kFloat).to(at::kBFloat16);
  tensors["extra.transposed"] = at::arange(6, at::kFloat).view({2, 3}).t();
  tensors["extra.bytes"] = at::arange(4, at::kByte);
  models::write_pth(folder / "ours.pth", tensors);
  models::write_safetensors(folder / "ours.safetensors", tensors, {{"made_by", "exchange"}});
}
