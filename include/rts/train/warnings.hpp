#pragma once
// The guide's three signs of overfitting (section 10.5), with what to do about each.

#include <rts/core/description.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::train {

struct OverfittingSigns {
  std::vector<double> train_losses, val_losses;  ///< of the last epochs, oldest first
  double train_iou = 0, val_iou = 0;
  double balanced_pr_auc = 0, realistic_pr_auc = 0;
};

/// One sentence a sign: losses that part over five validations, train IoU > 0.9 with validation IoU < 0.5, and a
/// balanced PR-AUC more than 0.3 above the realistic one.
inline std::vector<std::string> overfitting_warnings(const OverfittingSigns& s) {
  std::vector<std::string> out;
  const auto monotone = [](const std::vector<double>& v, double sign) {
    if (v.size() < 5) return false;
    for (std::size_t i = v.size() - 4; i < v.size(); ++i)
      if (sign * (v[i] - v[i - 1]) <= 0) return false;
    return true;
  };
  if (monotone(s.train_losses, -1) && monotone(s.val_losses, 1))
    out.push_back("overfitting: training loss falls while validation loss rises over five validations; increase dropout or augmentation");
  if (s.train_iou > 0.9 && s.val_iou < 0.5)
    out.push_back("overfitting: train IoU " + number_text(std::round(100 * s.train_iou) / 100) + " against validation IoU " + number_text(std::round(100 * s.val_iou) / 100) + "; use a smaller model or stop earlier");
  if (s.balanced_pr_auc - s.realistic_pr_auc > 0.3)
    out.push_back("balanced PR-AUC is " + number_text(std::round(100 * s.balanced_pr_auc) / 100) + ", realistic " + number_text(std::round(100 * s.realistic_pr_auc) / 100) + ": the model fits the balanced distribution; raise the negative ratio");
  return out;
}

}  // namespace rts::inline RTS_ABI::train
