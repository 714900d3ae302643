// One training step and one forward pass of UNet++ / EfficientNet-B0, timed on request: a worker of scripts/bench.
// Reads lines "step" or "forward" from standard input and answers each with its seconds.
#include <rts/core/allocation.hpp>
#include <rts/optim/optimizer.hpp>
#include <rts/rts.hpp>
#include <rts/train/predictor.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <chrono>

#include <iostream>

using namespace rts;

int main() {
  keep_freed_memory();
  at::set_num_threads(2);
  using Recipe = Trainer<models::UnetPlusPlus<models::EfficientNet<0>>, data::Tile<{.height = 256, .width = 256}>, boundary::None, freeze::None, train::Batch<{.size = 4}>, train::Fast<>>;
  const train::Plan plan = Recipe::plan();
  const at::Device device(at::kCPU);
  auto network = train::build_network(plan, device, 1);
  std::vector<optim::Parameter> parameters;
  for (auto& item : network->named_parameters()) parameters.push_back({item.key(), item.value(), false});
  optim::FusedOptimizer optimizer(parameters, {plan.adamw, plan.lr, plan.weight_decay, plan.beta1, plan.beta2, plan.eps, plan.momentum});
  const auto image = at::randn({4, 3, 256, 256}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto label = at::rand({4, 256, 256}).lt(0.1).to(at::kByte), valid = at::ones({4, 256, 256}, at::kByte);
  const train::Predict predict = train::predictor(network, device, train::Arithmetic::fp32);
  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    if (line == "step") {
      network->set_mode(true, false);
      const at::Tensor logits = network->forward(image);
      const losses::PassResult result = plan.pass(logits, label, valid, plan.pass_numbers, {});
      torch::autograd::backward({logits}, {result.gradient});
      optim::clip_gradient_norm(optimizer.parameters(), plan.clip_norm);
      optimizer.step(1e-4, 1e-4, {});
      optimizer.zero_grad();
    } else {
      predict(image);
    }
    std::cout << std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() << std::endl;
  }
}
