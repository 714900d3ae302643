#pragma once
#include <rts/models/weights/load.hpp>

#include <rts/core/error.hpp>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <regex>

namespace rts::inline RTS_ABI::models {
namespace detail {

inline std::string few(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < 4; ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > 4) text += ", ... (" + std::to_string(names.size()) + " in all)";
  return text.empty() ? "none" : text;
}

/// Compares, then copies. `wanted` maps names in the file to tensors of the network.
inline LoadReport copy_all(const TensorMap& wanted, const TensorMap& given, const std::string& where, const std::string& network) {
  LoadReport report;
  for (const auto& [name, tensor] : wanted)
    if (!given.count(name)) report.missing.push_back(name);
  for (const auto& [name, tensor] : given)
    if (!wanted.count(name)) report.extra.push_back(name);
  if (!report.missing.empty() || !report.extra.empty())
    throw DataError({.code = "RTS-W61", .what = "the weights belong to another model", .where = where, .expected = "the names of " + network, .found = "missing: " + few(report.missing) + "; extra: " + few(report.extra), .fix = "check --model, or convert the file; nothing was loaded"});
  for (const auto& [name, tensor] : wanted) {
    const at::Tensor& source = given.at(name);
    if (source.sizes() != tensor.sizes() || source.is_floating_point() != tensor.is_floating_point())
      throw DataError({.code = "RTS-W62", .what = "a tensor of another shape or kind", .where = where + ": " + name, .expected = c10::str(tensor.sizes(), " ", tensor.scalar_type()), .found = c10::str(source.sizes(), " ", source.scalar_type()), .fix = "use weights for this model, band count and class count; nothing was loaded"});
  }
  const c10::NoGradGuard no_grad;
  for (const auto& [name, tensor] : wanted) {
    at::Tensor target = tensor;
    target.copy_(given.at(name));
    ++report.loaded;
  }
  return report;
}

/// Names of efficientnet_lite_pytorch as names of timm: data, not code.
inline std::string timm_name(const std::string& name, const std::vector<int>& stage_blocks) {
  if (name == "_conv_stem.weight") return "conv_stem.weight";
  if (name == "_conv_head.weight") return "conv_head.weight";
  if (name.starts_with("_bn0.")) return "bn1." + name.substr(5);
  if (name.starts_with("_bn1.")) return "bn2." + name.substr(5);
  static const std::regex block("_blocks\\.(\\d+)\\.(.*)");
  std::smatch m;
  if (!std::regex_match(name, m, block)) return name;
  int index = std::stoi(m[1]), stage = 0;
  while (stage < static_cast<int>(stage_blocks.size()) && index >= stage_blocks[static_cast<std::size_t>(stage)]) index -= stage_blocks[static_cast<std::size_t>(stage++)];
  struct Row {
    const char* theirs;
    const char* first;
    const char* others;
  };
  static constexpr Row rows[] = {{"_expand_conv.", "", "conv_pw."}, {"_bn0.", "", "bn1."}, {"_depthwise_conv.", "conv_dw.", "conv_dw."}, {"_bn1.", "bn1.", "bn2."}, {"_project_conv.", "conv_pw.", "conv_pwl."}, {"_bn2.", "bn2.", "bn3."}};
  std::string rest = m[2];
  for (const Row& r : rows)
    if (rest.starts_with(r.theirs)) {
      rest = (stage == 0 ? r.first : r.others) + rest.substr(std::string(r.theirs).size());
      break;
    }
  return "blocks." + std::to_string(stage) + "." + std::to_string(index) + "." + rest;
}

}  // namespace detail

RTS_INLINE std::string LoadReport::text() const {
  return std::to_string(loaded) + " tensors loaded; missing: " + detail::few(missing) + "; extra: " + detail::few(extra) + "; adapted: " + detail::few(adapted);
}

RTS_INLINE TensorMap named_tensors(const torch::nn::Module& module) {
  TensorMap all;
  for (const auto& item : module.named_parameters()) all[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) all[item.key()] = item.value();
  return all;
}

RTS_INLINE LoadReport load_network(Network& network, const TensorFile& file, const std::string& where) {
  return detail::copy_all(named_tensors(network), file.tensors, where, network.name);
}

RTS_INLINE LoadReport load_encoder(Network& network, const TensorFile& file, const std::string& where, bool adapt_channels) {
  TensorMap wanted, given;
  std::vector<int> stage_blocks(7, 0);
  for (const auto& [name, tensor] : named_tensors(network)) {
    if (!name.starts_with("encoder.")) continue;
    wanted[name.substr(8)] = tensor;
    static const std::regex block("encoder\\.blocks\\.(\\d+)\\.(\\d+)\\..*");
    std::smatch m;
    if (std::regex_match(name, m, block)) {
      int& n = stage_blocks[static_cast<std::size_t>(std::stoi(m[1]))];
      n = std::max(n, std::stoi(m[2]) + 1);
    }
  }
  const bool timm = wanted.count("conv_stem.weight") > 0;
  std::vector<std::string> adapted;
  for (const auto& [raw, tensor] : file.tensors) {
    std::string name = raw.starts_with("encoder.") ? raw.substr(8) : raw;
    if (name.starts_with("_fc.") || name.starts_with("classifier.")) continue;
    if (raw.starts_with("decoder.") || raw.starts_with("segmentation_head.")) continue;  // a whole network's file
    if (timm) name = detail::timm_name(name, stage_blocks);
    at::Tensor value = tensor;
    const auto target = wanted.find(name);
    const bool stem = name == "conv_stem.weight" || name == "_conv_stem.weight";
    if (stem && adapt_channels && target != wanted.end() && value.dim() == 4 && value.size(1) == 3 && target->second.size(1) != 3) {
      const std::int64_t bands = target->second.size(1);
      std::vector<at::Tensor> columns;
      for (std::int64_t i = 0; i < bands; ++i) columns.push_back(value.select(1, i % 3));
      value = bands == 1 ? value.sum(1, true) : at::stack(columns, 1) * (3.0 / static_cast<double>(bands));
      adapted.push_back(name + " from 3 to " + std::to_string(bands) + " bands");
    }
    given[name] = value;
  }
  LoadReport report = detail::copy_all(wanted, given, where, "the encoder of " + network.name);
  report.adapted = std::move(adapted);
  return report;
}

}  // namespace rts::inline RTS_ABI::models
