#pragma once
#include <rts/train/engine.hpp>

#include <rts/core/interrupt.hpp>
#include <rts/data/coarse.hpp>
#include <rts/losses/composed.hpp>
#include <rts/models/weights/load.hpp>
#include <rts/optim/optimizer.hpp>
#include <rts/samplers/order.hpp>
#include <rts/train/class_pixels.hpp>
#include <rts/train/device_stage.hpp>
#include <rts/train/stage.hpp>
#include <rts/train/warnings.hpp>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <chrono>
#include <cmath>
#include <deque>

namespace rts::inline RTS_ABI::train {
namespace detail {

namespace fs = std::filesystem;

/// One run in progress: everything between two steps.
class Run {
 public:
  Run(const Plan& plan, const data::Source& source, const data::Statistics& statistics, const RunOptions& options, Observer& observer)
      : plan_(plan), source_(source), options_(options), observer_(observer), device_(parse_device(options.device)), arithmetic_(effective_arithmetic(plan, device_, options.bf16)), seed_(options.seed.value_or(plan.seed)), bands_(band_set(plan, make_normalizer(plan, statistics, full_scale(source.dataset())), source.dataset())), pass_numbers_(weighted_numbers(plan, source)), positives_(source.dataset().positives(data::SplitName::train)), negatives_(source.dataset().negatives(data::SplitName::train)), validation_(split_samples(source.dataset(), data::SplitName::val)), on_device_(device_.is_cuda() && has_device_augment() && plan.augments_on_device && !options.shuffle_pixels), loader_(source, first_stage(), loader_options()) {
    if (plan.coarse_share > 0) data::check_coarse(source, plan.coarse_factor);
    set_determinism(plan.deterministic);
    network_ = build_network(plan, device_, seed_);
    load_first_weights();
    live_ = models::named_tensors(*network_);
    std::vector<optim::Parameter> parameters;
    for (auto& item : network_->named_parameters())
      if (!(plan.frozen_forever && item.key().starts_with("encoder."))) parameters.push_back({item.key(), item.value(), item.key().starts_with("encoder.")});
    optimizer_ = std::make_unique<optim::FusedOptimizer>(std::move(parameters), optim::OptimizerNumbers{plan.adamw, plan.lr, plan.weight_decay, plan.beta1, plan.beta2, plan.eps, plan.momentum});
    if (plan.ema_decay > 0) {
      average_ = std::make_unique<optim::Average>(live_, plan.ema_decay);
      averaged_network_ = build_network(plan, device_, seed_);
    }
    if (arithmetic_ == Arithmetic::fp16 && plan.gradient_scaling) scaler_ = std::make_unique<optim::GradientScaler>(device_);
    p_.fingerprint = plan.fingerprint;
    p_.seed = seed_;
  }

  TrainResult run() {
    fs::create_directories(options_.folder / "checkpoints");
    if (options_.resume) restore();
    const int last = std::min(plan_.epochs, options_.max_epochs.value_or(plan_.epochs));
    TrainResult result;
    bool stop = stopped_early();
    for (; !stop && p_.epoch <= last;) {
      if (!run_epoch()) {
        result.interrupted = true;
        break;
      }
      stop = stopped_early();
    }
    result.stopped_early = stop;
    result.epochs = p_.epoch - 1;
    result.best = p_.best;
    result.best_epoch = p_.best_epoch;
    result.skipped_tiles = p_.skipped_tiles;
    return result;
  }

 private:
  data::Stage first_stage() const {
    const auto objects = plan_.pastes_objects ? object_bank(source_) : nullptr;
    return on_device_ ? stored_stage(plan_, bands_, seed_, objects) : training_stage(plan_, bands_, seed_, options_.shuffle_pixels, objects);
  }
  data::LoaderOptions loader_options() const {
    data::LoaderOptions o{.batch = plan_.batch, .bands = static_cast<int>(plan_.bands.size()), .height = plan_.tile_height, .width = plan_.tile_width, .threads = options_.threads, .pinned = device_.is_cuda(), .skip_bad = options_.skip_bad, .coarse = coarse()};
    if (on_device_) {
      o.stored_bytes = plan_.bands.size() * static_cast<std::size_t>(plan_.tile_height) * static_cast<std::size_t>(plan_.tile_width) * bytes_of(source_.dataset().pixels);
      o.draw_bytes = sizeof(augment::DeviceDraw);
    }
    return o;
  }
  data::CoarseOptions coarse() const { return {plan_.coarse_share, plan_.coarse_factor, seed_}; }

  // --- beginnings -----------------------------------------------------------------------------------------------
  void load_first_weights() {
    if (options_.resume) return;
    if (!options_.init_from.empty()) {
      const fs::path file = fs::is_directory(options_.init_from) ? options_.init_from / "best_model.safetensors" : options_.init_from;
      observer_.on_message("info", "weights from " + file.string() + ": " + models::load_network(*network_, models::read_tensors(file), file.string()).text());
    } else if (!options_.encoder_weights.empty()) {
      observer_.on_message("info", "encoder from " + options_.encoder_weights.string() + ": " +
                                       models::load_encoder(*network_, models::read_tensors(options_.encoder_weights), options_.encoder_weights.string(), plan_.adapt_channels).text());
    } else {
      RTS_CHECK_USAGE(!plan_.needs_encoder_weights, .code = "RTS-T55", .what = "the recipe starts from ImageNet weights, and no file is given", .expected = "--encoder-weights FILE", .found = "none",
                      .fix = "give the file, or use an encoder with models::Weights::any");
    }
  }

  void restore() {
    const fs::path file = options_.folder / "checkpoints" / "last.safetensors";
    RTS_CHECK_USAGE(fs::exists(file), .code = "RTS-T54", .what = "nothing to resume", .where = file.string(), .expected = "a checkpoint", .found = "none", .fix = "check the run's folder; runs without a finished epoch begin anew with train");
    const models::TensorMap all = read_checkpoint(file, plan_.fingerprint, p_);
    models::load_network(*network_, {under(all, "model."), {}}, file.string());
    optimizer_->load(under(all, "optimizer."));
    if (average_) average_->load(under(all, "ema."), p_.ema_steps);
    if (scaler_) scaler_->load(under(all, "scaler."));
    if (const models::TensorMap hard = under(all, "hard."); hard.count("samples")) {
      const at::Tensor& t = hard.at("samples");
      hard_.assign(t.const_data_ptr<std::int64_t>(), t.const_data_ptr<std::int64_t>() + t.numel());
    }
    const models::TensorMap tally = under(all, "tally.");
    const auto copy = [](const at::Tensor& t, std::vector<std::int64_t>& to) { std::copy_n(t.const_data_ptr<std::int64_t>(), to.size(), to.begin()); };
    if (tally.count("positive")) {
      copy(tally.at("positive"), train_.tally().positive);
      copy(tally.at("near"), train_.tally().near_background);
      copy(tally.at("far"), train_.tally().far_background);
      std::vector<std::int64_t> counters(static_cast<std::size_t>(tally.at("counters").numel()));
      copy(tally.at("counters"), counters);
      train_.set_counters(counters);
    }
    observer_.on_message("info", "resumed at epoch " + std::to_string(p_.epoch) + ", batch " + std::to_string(p_.batch) + ", step " + std::to_string(p_.step));
  }

  // --- one epoch ------------------------------------------------------------------------------------------------
  bool run_epoch() {
    const auto start = std::chrono::steady_clock::now();
    samplers::Order order = draw_order();
    const samplers::Drawn drawn = order.drawn;
    if (p_.batch == 0) observer_.on_message(drawn.pool_exhausted ? "warning" : "info", "epoch " + std::to_string(p_.epoch) + ": " + drawn.text() + coarse_text(order.samples.size()));
    const bool frozen = plan_.encoder_frozen(p_.epoch);
    for (auto& item : network_->named_parameters())
      if (item.key().starts_with("encoder.")) item.value().requires_grad_(!frozen);
    loader_.begin(std::move(order.samples), static_cast<std::uint32_t>(p_.epoch), p_.batch);
    const std::size_t batches = loader_.batches();
    const std::string task = "train " + std::to_string(p_.epoch) + "/" + std::to_string(plan_.epochs);
    const std::size_t first = p_.batch;
    while (const data::Batch* batch = loader_.next()) {
      step(*batch, batches, frozen);
      ++p_.batch;
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      observer_.on_progress({.task = task, .done = static_cast<std::int64_t>(p_.batch), .total = static_cast<std::int64_t>(batches), .per_second = static_cast<double>((p_.batch - first) * static_cast<std::size_t>(plan_.batch)) / std::max(seconds, 1e-9)});
      if (interrupted() && p_.batch < batches) {
        collect_losses(0);
        save("last.safetensors");
        return false;
      }
    }
    collect_losses(0);
    observer_.on_message("info", "loader: " + loader_.statistics().text());
    finish_epoch(drawn, start);
    return true;
  }

  std::string coarse_text(std::size_t tiles) const {
    if (plan_.coarse_share == 0) return "";
    std::size_t n = 0;
    for (std::size_t i = 0; i < tiles; ++i) n += data::is_coarse(coarse(), static_cast<std::uint32_t>(p_.epoch), i);
    return "; " + std::to_string(n) + " of " + std::to_string(tiles) + " tiles at 1/" + std::to_string(plan_.coarse_factor) + " of the resolution";
  }

  samplers::Order draw_order() const {
    if (plan_.drawing == samplers::Drawing::ratio) {
      samplers::Order order = samplers::epoch_order(positives_, negatives_, plan_.ratios, p_.epoch, plan_.batch, plan_.positive_fraction, seed_);
      samplers::put_hard(order, hard_, plan_.hard_share, p_.epoch, plan_.batch, plan_.positive_fraction, seed_);
      return order;
    }
    const data::Dataset& d = source_.dataset();
    std::vector<std::string> groups;
    for (const data::FileRow& f : d.files)
      if (data::parse_split(f.split, f.name) == data::SplitName::train) groups.push_back(f.region.empty() ? f.scene : f.region);
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    std::vector<samplers::Candidate> tiles;
    for (const bool positive : {true, false})
      for (const std::uint32_t i : positive ? positives_ : negatives_) {
        const data::FileRow& f = d.files[d.samples[i].file];
        tiles.push_back({i, static_cast<std::uint32_t>(std::lower_bound(groups.begin(), groups.end(), f.region.empty() ? f.scene : f.region) - groups.begin()), positive});
      }
    if (plan_.drawing == samplers::Drawing::stratified) return samplers::stratified_order(tiles, groups, plan_.per_group, p_.epoch, seed_);
    return samplers::weighted_order(tiles, plan_.positive_weight, plan_.region_weight, p_.epoch, seed_);
  }

  void step(const data::Batch& batch, std::size_t batches, bool frozen) {
    // All of torch's own draws (drop path, dropout) depend on seed, epoch and batch alone.
    Random key(seed_, static_cast<std::uint32_t>(p_.epoch), p_.batch, 7);
    at::manual_seed(key.bits64());
    network_->set_mode(true, frozen);
    const DeviceInput input = on_device_ ? augment_on_device(batch, source_.dataset(), bands_, device_) : DeviceInput{batch.image.to(device_, /*non_blocking=*/true).contiguous(at::MemoryFormat::ChannelsLast), batch.label.to(device_, true), batch.valid.to(device_, true)};
    const at::Tensor &image = input.image, &label = input.label, &valid = input.valid;
    at::Tensor logits;
    {
      const Autocast autocast(device_, arithmetic_);
      logits = network_->forward(image);
    }
    losses::PassContext context{.accumulation = static_cast<double>(plan_.accumulate)};
    if (scaler_) context.loss_scale = scaler_->scale();
    const losses::PassResult result = plan_.pass(logits, label, valid, pass_numbers_, context);
    torch::autograd::backward({logits}, {result.gradient});
    pending_.push_back(result.value);
    if (device_.is_cpu() || p_.batch % 10 == 0) count(logits, label, valid);
    collect_losses(50);
    p_.skipped_tiles += static_cast<std::int64_t>(batch.skipped.size());
    for (const std::string& name : batch.skipped) observer_.on_message("warning", "skipped tile " + name);

    const bool last_of_group = (p_.batch + 1) % static_cast<std::size_t>(plan_.accumulate) == 0 || p_.batch + 1 == batches;
    if (!last_of_group) return;
    at::Tensor found_inf;
    if (scaler_) found_inf = scaler_->unscale(optimizer_->parameters());
    if (plan_.clip_norm > 0) optim::clip_gradient_norm(optimizer_->parameters(), plan_.clip_norm);
    const auto [decoder_lr, encoder_lr] = plan_.rates(p_.epoch, static_cast<double>(p_.batch) / static_cast<double>(batches));
    optimizer_->step(decoder_lr, encoder_lr, found_inf);
    optimizer_->zero_grad();
    if (scaler_) scaler_->update(found_inf);
    if (average_) average_->update(live_);
    ++p_.step;
    if (plan_.validate_every_steps > 0 && p_.step % plan_.validate_every_steps == 0 && p_.batch + 1 < batches) {
      Record record{{"epoch", p_.epoch}, {"step", static_cast<double>(p_.step)}};
      watch(validate(record), record, /*counts_for_patience=*/false);
      observer_.on_message("info", "validation at step " + std::to_string(p_.step) + ": " + std::string(watched_name()) + " " + number_text(last_watched_));
    }
  }

  /// Training figures from the logits that training computed anyway.
  void count(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& masks) {
    const at::Tensor z = logits.detach().to(at::kFloat).to(at::kCPU), label = labels.to(at::kCPU), valid = masks.to(at::kCPU);
    for (std::int64_t i = 0; i < z.size(0); ++i)
      if (z[i].isfinite().all().item<bool>())
        train_.add(Logits<tasks::Binary>(z.narrow(0, i, 1)), Labels<tasks::Binary>(label.narrow(0, i, 1)), ValidMask(valid.narrow(0, i, 1)), {});
  }

  /// Reads finished losses back, at most `keep` stay on the device: no wait in every step.
  void collect_losses(std::size_t keep) {
    while (pending_.size() > keep) {
      p_.loss_sum += pending_.front().item<double>();
      ++p_.loss_count;
      pending_.pop_front();
    }
  }

  /// Looks at some negative training tiles with the network that was validated last and keeps those it gets most wrong.
  void mine() {
    const std::vector<std::uint32_t> pool = samplers::choose(negatives_, static_cast<std::size_t>(plan_.hard_pool), p_.epoch, seed_);
    const Predict predict = predictor(average_ ? averaged_network_ : network_, device_, arithmetic_);
    data::Loader loader(source_, evaluation_stage(plan_, bands_, seed_, options_.shuffle_pixels), {.batch = plan_.batch, .bands = static_cast<int>(plan_.bands.size()), .height = plan_.tile_height, .width = plan_.tile_width, .threads = options_.threads, .drop_last = false, .skip_bad = options_.skip_bad});
    loader.begin(pool, 0);
    std::vector<std::pair<double, std::uint32_t>> scores;
    while (const data::Batch* batch = loader.next()) {
      if (interrupted()) break;
      const at::Tensor logits = predict(batch->image);
      const at::Tensor wrong = logits.size(1) == 1 ? at::sigmoid(logits.select(1, 0)) : 1 - at::softmax(logits, 1).select(1, 0);
      const at::Tensor known = wrong.mul(batch->valid.to(at::kFloat)).flatten(1);
      const at::Tensor top = std::get<0>(known.topk(std::max<std::int64_t>(1, known.size(1) / 100), 1)).mean(1);
      for (std::size_t k = 0; k < batch->samples.size(); ++k) scores.emplace_back(-top[static_cast<std::int64_t>(k)].item<double>(), batch->samples[k]);
    }
    std::sort(scores.begin(), scores.end());
    const auto keep = std::min(scores.size(), static_cast<std::size_t>(std::ceil(plan_.hard_keep * static_cast<double>(scores.size()))));
    hard_.clear();
    for (std::size_t k = 0; k < keep; ++k) hard_.push_back(scores[k].second);
    if (keep > 0) observer_.on_message("info", "hard negatives: " + std::to_string(keep) + " of " + std::to_string(scores.size()) + " looked at; highest 1 % of probabilities from " + number_text(std::round(-1000 * scores.front().first) / 1000) + " down to " + number_text(std::round(-1000 * scores[keep - 1].first) / 1000));
  }

  // --- validation -----------------------------------------------------------------------------------------------
  std::string_view watched_name() const { return plan_.patience ? to_text(plan_.patience->metric) : to_text(Metric::val_realistic_pr_auc); }
  double watched_ratio() const {
    if (plan_.patience) return plan_.patience->ratio;
    return plan_.validation_ratios.back();
  }

  /// Adds validation figures to the record and returns the watched metric, higher is better.
  double validate(Record& record) {
    const auto run = [&](const std::shared_ptr<models::Network>& network, const std::string& task) {
      return evaluate(plan_, pass_numbers_, source_, evaluation_stage(plan_, bands_, seed_, options_.shuffle_pixels), validation_, predictor(network, device_, arithmetic_),
                      {.batch = plan_.batch, .threads = options_.threads, .skip_bad = options_.skip_bad, .task = task}, observer_);
    };
    if (average_) {
      c10::NoGradGuard no_grad;
      models::TensorMap target = models::named_tensors(*averaged_network_);
      for (auto& [name, tensor] : target) tensor.copy_(average_->tensors().at(name));
    }
    const Evaluated raw = run(network_, "validate");
    const Evaluated best = average_ ? run(averaged_network_, "validate ema") : raw;
    const metrics::Evaluation& e = best.evaluation;
    record.emplace_back("val_loss", best.loss);
    double watched = 0;
    for (const int ratio : plan_.validation_ratios) {
      const metrics::Figures f = e.figures(ratio);
      const std::string prefix = ratio == 1 ? "val_balanced_" : "val_" + std::to_string(ratio) + "_";
      record.emplace_back(prefix + "pr_auc", f.pr_auc);
      record.emplace_back(prefix + (ratio == 1 ? "iou" : "iou_rts"), f.iou);
      record.emplace_back(prefix + "precision", f.precision);
      record.emplace_back(prefix + "recall", f.recall);
      record.emplace_back(prefix + "f05", f.f05);
      record.emplace_back(prefix + "obj_precision", f.obj_precision);
      record.emplace_back(prefix + "obj_recall", f.obj_recall);
      if (ratio == 1) balanced_ = f;
      if (ratio == static_cast<int>(watched_ratio())) {
        realistic_ = f;
        watched = f.pr_auc;
        record.emplace_back("val_realistic_pr_auc", f.pr_auc);
        record.emplace_back("raw_val_realistic_pr_auc", raw.evaluation.figures(ratio).pr_auc);
      }
    }
    record.emplace_back("raw_val_loss", raw.loss);
    val_loss_ = best.loss;
    if (plan_.patience && plan_.patience->metric == Metric::val_loss) watched = -best.loss;
    if (plan_.patience && plan_.patience->metric == Metric::val_balanced_pr_auc) watched = balanced_.pr_auc;
    return std::isfinite(watched) ? watched : -1e9;
  }

  /// Best weights are the strict maximum; `min_delta` counts for patience only, which begins after unfreezing.
  void watch(double value, const Record&, bool counts_for_patience) {
    last_watched_ = value;
    if (p_.best_epoch == 0 || value > p_.best) {
      p_.best = value;
      p_.best_epoch = p_.epoch;
      models::write_safetensors(options_.folder / "best_model.safetensors", average_ ? average_->tensors() : live_,
                                {{"model", plan_.model}, {"fingerprint", plan_.fingerprint}, {"epoch", std::to_string(p_.epoch)}, {"seed", std::to_string(seed_)}});
    }
    if (!plan_.patience || !counts_for_patience) return;
    const bool first = p_.patience_best == -1;
    if (plan_.encoder_frozen(p_.epoch) && !plan_.frozen_forever) {
      p_.patience_best = first ? value : std::max(p_.patience_best, value);
      return;
    }
    if (first || value >= p_.patience_best + plan_.patience->min_delta) {
      p_.patience_best = value;
      p_.waited = 0;
    } else {
      ++p_.waited;
    }
  }

  bool stopped_early() const { return plan_.patience && p_.waited >= plan_.patience->epochs; }

  void finish_epoch(const samplers::Drawn& drawn, std::chrono::steady_clock::time_point start) {
    const auto [decoder_lr, encoder_lr] = plan_.rates(p_.epoch, 0);
    const metrics::Figures f = train_.figures(0);
    const double loss = p_.loss_count ? p_.loss_sum / static_cast<double>(p_.loss_count) : 0;
    Record record{{"epoch", static_cast<double>(p_.epoch)}, {"step", static_cast<double>(p_.step)}, {"lr_decoder", decoder_lr}, {"lr_encoder", encoder_lr}, {"ratio", drawn.effective_ratio}, {"negatives", static_cast<double>(drawn.negatives)}, {"train_loss", loss}, {"train_iou_rts", f.iou}, {"train_pr_auc", f.pr_auc}, {"train_precision", f.precision}, {"train_recall", f.recall}, {"train_f05", f.f05}, {"train_obj_precision", f.obj_precision}, {"train_obj_recall", f.obj_recall}};
    record.emplace_back("seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    const int last = std::min(plan_.epochs, options_.max_epochs.value_or(plan_.epochs));
    const bool due = (plan_.validate_every_epochs > 0 && p_.epoch % plan_.validate_every_epochs == 0) || p_.epoch == last;
    if (due) {
      const double watched = validate(record);
      watch(watched, record, true);
      if (plan_.hard_share > 0) mine();
      p_.train_losses.push_back(loss);
      p_.val_losses.push_back(std::isfinite(val_loss_) ? val_loss_ : 1e9);
      if (p_.train_losses.size() > 5) {
        p_.train_losses.erase(p_.train_losses.begin());
        p_.val_losses.erase(p_.val_losses.begin());
      }
      for (const std::string& warning : overfitting_warnings({p_.train_losses, p_.val_losses, f.iou, balanced_.iou, balanced_.pr_auc, realistic_.pr_auc})) observer_.on_message("warning", warning);
    }
    const int finished = p_.epoch;
    ++p_.epoch;
    p_.batch = 0;
    p_.loss_sum = 0;
    p_.loss_count = 0;
    train_ = metrics::Evaluation();
    observer_.on_epoch(record);  // the row is on disk before the checkpoint that says it is
    save("last.safetensors");
    if (finished % plan_.keep_every == 0) {
      save("epoch_" + std::to_string(finished) + ".safetensors");
      const int old = finished - plan_.keep_every * plan_.keep_last;
      if (old > 0) fs::remove(options_.folder / "checkpoints" / ("epoch_" + std::to_string(old) + ".safetensors"));
    }
  }

  void save(const std::string& name) {
    models::TensorMap all;
    put_under(all, "model.", live_);
    put_under(all, "optimizer.", optimizer_->state());
    if (average_) {
      put_under(all, "ema.", average_->tensors());
      p_.ema_steps = average_->steps();
    }
    if (scaler_) put_under(all, "scaler.", scaler_->state());
    if (!hard_.empty()) {
      std::vector<std::int64_t> samples(hard_.begin(), hard_.end());
      all["hard.samples"] = at::tensor(samples, at::kLong);
    }
    if (p_.batch > 0) {
      const auto tensor = [](const std::vector<std::int64_t>& v) { return at::tensor(v, at::kLong); };
      all["tally.positive"] = tensor(train_.tally().positive);
      all["tally.near"] = tensor(train_.tally().near_background);
      all["tally.far"] = tensor(train_.tally().far_background);
      all["tally.counters"] = tensor(train_.counters());
    }
    write_checkpoint(options_.folder / "checkpoints" / name, all, p_);
  }

  const Plan& plan_;
  const data::Source& source_;
  const RunOptions& options_;
  Observer& observer_;
  at::Device device_;
  Arithmetic arithmetic_;
  std::uint64_t seed_;
  augment::BandSet bands_;
  losses::PassNumbers pass_numbers_;  // with the class weights of the training split
  std::vector<std::uint32_t> positives_, negatives_, validation_;
  bool on_device_;  ///< the chain runs on CUDA, tiles travel as stored
  data::Loader loader_;
  std::shared_ptr<models::Network> network_, averaged_network_;
  models::TensorMap live_;
  std::unique_ptr<optim::FusedOptimizer> optimizer_;
  std::unique_ptr<optim::Average> average_;
  std::unique_ptr<optim::GradientScaler> scaler_;
  Progressed p_;
  std::deque<at::Tensor> pending_;
  std::vector<std::uint32_t> hard_;  ///< negative training tiles that the network last got most wrong
  metrics::Evaluation train_;
  metrics::Figures balanced_, realistic_;
  double val_loss_ = 0, last_watched_ = 0;
};

}  // namespace detail

RTS_INLINE RingSurvival ring_survival(const Plan& plan, const data::Source& source, const std::vector<std::uint32_t>& positives) {
  RingSurvival s;
  if (plan.pass_numbers.boundary.ignore == 0 || positives.empty()) return s;
  const auto reader = source.reader();
  data::RawTile tile;
  double pixels = 0, left = 0, objects = 0, objects_left = 0;
  const std::int64_t h = plan.tile_height, w = plan.tile_width;
  for (const std::uint32_t i : positives) {
    reader->read(source.dataset().samples[i], tile);
    const at::Tensor label = at::from_blob(tile.label.data(), {1, h, w}, at::kByte), valid = at::from_blob(tile.valid.data(), {1, h, w}, at::kByte);
    const at::Tensor object = (label.eq(1) & valid.to(at::kBool)).to(at::kByte);
    const at::Tensor ring = losses::boundary_ring(label, valid, plan.pass_numbers.boundary.ignore, plan.pass_numbers.boundary.metric, plan.pass_numbers.boundary.side);
    const at::Tensor remaining = object.to(at::kBool) & ~ring;
    pixels += object.sum().item<double>();
    left += remaining.sum().item<double>();
    const metrics::Components c = metrics::connected_components(object.const_data_ptr<std::uint8_t>(), static_cast<int>(h), static_cast<int>(w));
    std::vector<char> seen(c.area.size(), 0);
    const bool* r = remaining.const_data_ptr<bool>();
    for (std::size_t k = 0; k < c.label.size(); ++k)
      if (r[k]) seen[c.label[k]] = 1;
    objects += static_cast<double>(c.count());
    for (std::size_t k = 1; k < seen.size(); ++k) objects_left += seen[k];
  }
  if (pixels > 0) s.pixels = left / pixels;
  if (objects > 0) s.objects = objects_left / objects;
  return s;
}

RTS_INLINE TrainResult train(const Plan& plan, const data::Source& source, const data::Statistics& statistics, const RunOptions& options, Observer& observer) {
  if (plan.pass_numbers.boundary.ignore > 0 && !options.resume) {
    const RingSurvival s = ring_survival(plan, source, source.dataset().positives(data::SplitName::train));
    const std::string text = "the ring of " + std::to_string(plan.pass_numbers.boundary.ignore) + " px leaves " + number_text(std::round(1000 * s.pixels) / 10) + " % of positive pixels and " + number_text(std::round(1000 * s.objects) / 10) + " % of objects";
    RTS_CHECK_DATA(s.pixels >= 0.5 || options.accept_ring_loss, .code = "RTS-B51", .what = "the boundary ring leaves too little to learn from", .where = source.dataset().root.string(), .expected = "at least 50 % of positive pixels", .found = text,
                   .fix = "use a narrower ring or boundary::None at this resolution, or say --accept-ring-loss");
    observer.on_message("info", text);
  }
  return detail::Run(plan, source, statistics, options, observer).run();
}

RTS_INLINE std::shared_ptr<models::Network> load_best(const Plan& plan, const std::filesystem::path& file, const at::Device& device) {
  auto network = build_network(plan, device, plan.seed);
  models::load_network(*network, models::read_tensors(file), file.string());
  return network;
}

}  // namespace rts::inline RTS_ABI::train
