// A network trains the same with the fused pass and with composed operators: the curves of both agree step by step.
#include <rts/losses/pass_of.hpp>
#include <rts/optim/optimizer.hpp>
#include <rts/recipe.hpp>
#include <rts/train/plan_of.hpp>
#include <rts/train/predictor.hpp>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;

namespace {
// A network from random weights amplifies rounding: the curves of the two passes may lie apart as far as twice what a change of
// 1e-6 in the images does to one of them.
constexpr double nudges[] = {1e-6, -1e-6, 2e-6}, curve_tolerance = 2;

/// Losses of 12 steps of SGD from fixed weights over fixed batches; `nudge` changes the images relatively.
template <class Recipe>
std::vector<double> curve(losses::Pass pass, double nudge = 0) {
  const train::Plan plan = Recipe::plan();
  auto network = train::build_network(plan, at::kCPU, 1);
  std::vector<optim::Parameter> parameters;
  for (auto& item : network->named_parameters()) parameters.push_back({item.key(), item.value(), false});
  optim::FusedOptimizer optimizer(parameters, {false, 1e-3, 0, 0, 0, 0, 0.9});
  losses::PassNumbers n = plan.pass_numbers;
  n.class_weights = {1, 3};
  std::vector<double> values;
  for (int step = 0; step < 12; ++step) {
    at::manual_seed(100 + static_cast<std::uint64_t>(step % 4));
    const at::Tensor image = at::randn({4, 3, 64, 64}) * (1 + nudge), smooth = at::avg_pool2d(at::rand({4, 1, 64, 64}), {9, 9}, {1, 1}, {4, 4}).squeeze(1);
    const at::Tensor label = smooth.gt(0.52).to(at::kByte), valid = at::rand({4, 64, 64}).gt(0.05).to(at::kByte);
    network->set_mode(true, false);
    at::manual_seed(7);
    const at::Tensor logits = network->forward(image);
    const losses::PassResult r = pass(logits, label, valid, n, {});
    torch::autograd::backward({logits}, {r.gradient});
    optimizer.step(1e-3, 1e-3, {});
    optimizer.zero_grad();
    values.push_back(r.value.item<double>());
  }
  return values;
}
double apart(const std::vector<double>& a, const std::vector<double>& b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]) / std::abs(b[i]));
  return worst;
}

using Base = Trainer<data::Tile<{.height = 64, .width = 64}>, models::UnetPlusPlus<models::EfficientNetLite<0>>, boundary::Ignore<{.width = 1}>>;
using Mixed = losses::Sum<losses::Term<1.0, losses::BinaryCrossEntropy<{.weights = losses::ClassWeights::square_root}>>, losses::Term<0.5, losses::Tversky<>>>;
using Soft = Base::with<Mixed, targets::Gaussian<{.sigma = 1}>, boundary::Weight<{.width = 3, .at_border = 0.3}>>;

template <class Recipe, class L>
void agree() {
  const std::vector<double> fused = curve<Recipe>(&losses::pass<L>), composed = curve<Recipe>(&losses::composed_pass);
  double rounding = 0;
  for (const double nudge : nudges) rounding = std::max(rounding, apart(curve<Recipe>(&losses::composed_pass, nudge), composed));
  MESSAGE("curves apart by " << apart(fused, composed) << ", by " << rounding << " where only rounding differs");
  CHECK(fused.front() > 1.005 * fused.back());  // it learns: the comparison is not of a constant
  CHECK(rounding < 0.02);                       // and rounding has not taken over
  CHECK(apart(fused, composed) < curve_tolerance * rounding);
}
}  // namespace

TEST_CASE("focal with a ring") { agree<Base, losses::Focal<>>(); }
TEST_CASE("a weighted sum with soft targets and border weights") { agree<Soft, Mixed>(); }
