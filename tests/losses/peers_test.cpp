// Values and gradients of torchvision, segmentation_models_pytorch and MONAI (fixtures/losses/peers.json, tests/fixtures/generate_losses.py), where their
// conventions are ours; docs/conventions.md says where they are not.
#include <rts/losses/pass_of.hpp>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;

namespace {
constexpr double peer_tolerance = 2e-5;  // value relative, gradient relative to its largest element; fp32 against the peer's fp64

using Run = std::function<losses::PassResult(const at::Tensor&, const at::Tensor&, const at::Tensor&)>;
template <class L>
Run with() {
  return [](const at::Tensor& z, const at::Tensor& y, const at::Tensor& v) { return losses::pass<L>(z, y, v, losses::numbers_of<L>()); };
}
/// Focal without alpha: MONAI's default.
Run plain_focal() {
  return [](const at::Tensor& z, const at::Tensor& y, const at::Tensor& v) {
    losses::PassNumbers n = losses::numbers_of<losses::Focal<>>();
    n.loss.points[0].alpha = -1;
    return losses::pass<losses::Focal<>>(z, y, v, n);
  };
}
}  // namespace

TEST_CASE("the peers' losses") {
  using losses::Per;
  const std::map<std::string, Run> ours{{"focal", with<losses::Focal<>>()}, {"bce", with<losses::BinaryCrossEntropy<>>()}, {"tversky_batch", with<losses::Tversky<{.per = Per::batch}>>()}, {"tversky_image", with<losses::Tversky<>>()}, {"dice_batch", with<losses::Dice<{.per = Per::batch}>>()}, {"dice_image", with<losses::Dice<>>()}, {"lovasz", with<losses::Lovasz>()}, {"ce", with<losses::CrossEntropy<>>()}, {"focal_plain", plain_focal()}};
  const auto cases = nlohmann::json::parse(std::ifstream(RTS_FIXTURES "/losses/peers.json"));
  CHECK(cases.size() == 14);
  for (const auto& c : cases) {
    INFO(c["peer"].get<std::string>());
    const std::int64_t channels = c["channels"], n = 2 * channels * 12 * 17;
    const at::Tensor i = at::arange(n, at::kDouble), z = (at::sin(0.7 * i) * 3 + at::cos(0.13 * i)).view({2, channels, 12, 17}).to(at::kFloat);
    const at::Tensor y = at::arange(2 * 12 * 17).floor_divide(7).remainder(channels == 1 ? 2 : channels).view({2, 12, 17}).to(at::kByte);
    const losses::PassResult got = ours.at(c["ours"])(z, y, at::ones_like(y));
    const at::Tensor want = at::tensor(c["gradient"].get<std::vector<double>>(), at::kDouble).view(z.sizes());
    const double value = c["value"];
    CHECK(std::abs(got.value.item<double>() - value) <= peer_tolerance * std::abs(value));
    CHECK((got.gradient.to(at::kDouble) - want).abs().max().item<double>() <= peer_tolerance * want.abs().max().item<double>());
  }
}
