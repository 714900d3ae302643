// The checker that users run: good losses pass it, wrong ones do not.
#include <rts/testing/check_loss.hpp>

#include "../../examples/custom_loss/poly.hpp"

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;

namespace {

/// A loss of torch operators with its own pass, and one wrong thing about it.
enum class Fault { none,
                   gradient_sign,
                   scales_the_value,
                   reads_ignored_pixels,
                   leaves_output_unwritten,
                   differs_between_runs };
template <Fault F>
struct Brier : PolicyBase {
  using axis = axes::Loss;
  static constexpr std::string_view name = "Brier";
  static constexpr bool binary = true, multi_class = false;
  static losses::PassResult pass(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const losses::PassNumbers&, const losses::PassContext& context) {
    const auto type = logits.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    const at::Tensor mask = valid.to(at::kBool) & labels.ne(255), z = logits.contiguous().squeeze(1).to(type), p = at::sigmoid(z), t = labels.eq(1).to(type);
    const at::Tensor count = (F == Fault::reads_ignored_pixels ? at::ones_like(mask) : mask).sum().clamp_min(1).to(type), d = F == Fault::reads_ignored_pixels ? p - t : at::where(mask, p - t, at::zeros({}, p.options()));
    at::Tensor value = (d * d).sum() / count, gradient = 2 * d * p * (1 - p) / count / context.accumulation;
    if (context.loss_scale.defined()) gradient = gradient * context.loss_scale;
    if (F == Fault::gradient_sign) gradient = -gradient;
    if (F == Fault::scales_the_value && context.loss_scale.defined()) value = value * context.loss_scale;
    if (F == Fault::leaves_output_unwritten) gradient = at::where(t > 0, gradient, at::full({}, std::nan(""), gradient.options()));
    static int calls = 0;
    if (F == Fault::differs_between_runs) value = value * (1 + 1e-6 * ++calls);
    return {value, gradient.unsqueeze(1).to(logits.scalar_type())};
  }
};

template <class L>
bool passes() {
  return testing::check_loss<L>({.print = false});
}

}  // namespace

TEST_CASE("the library's losses pass") {
  CHECK(testing::check_loss<losses::Focal<>>());
  CHECK(testing::check_loss<losses::Focal<{.gamma = 0.7, .alpha = 0.4}>>());
  CHECK(testing::check_loss<losses::BalancedFocal<{.gamma = 3}>>());
  CHECK(testing::check_loss<losses::CrossEntropy<>>());
  CHECK(testing::check_loss<losses::BinaryCrossEntropy<>>());
  CHECK(testing::check_loss<losses::Tversky<>>());
  CHECK(testing::check_loss<losses::Dice<{.smooth = 0, .per = losses::Per::batch}>>());
  CHECK(testing::check_loss<losses::FocalTversky<>>());
  CHECK(testing::check_loss<losses::Sum<losses::Term<1.0, losses::Focal<>>, losses::Term<0.5, losses::Dice<>>>>());
  CHECK(testing::check_loss<losses::Lovasz>());
}
TEST_CASE("a user's loss passes, alone and in a sum") {
  CHECK(testing::check_loss<Poly<>>());
  CHECK(testing::check_loss<losses::Sum<losses::Term<1.0, Poly<{.epsilon = 2}>>, losses::Term<0.5, losses::Dice<>>>>());
  CHECK(testing::check_loss<Brier<Fault::none>>());
}
TEST_CASE("a wrong loss does not") {
  CHECK(!passes<Brier<Fault::gradient_sign>>());
  CHECK(!passes<Brier<Fault::scales_the_value>>());
  CHECK(!passes<Brier<Fault::reads_ignored_pixels>>());
  CHECK(!passes<Brier<Fault::leaves_output_unwritten>>());
  CHECK(!passes<Brier<Fault::differs_between_runs>>());
}
