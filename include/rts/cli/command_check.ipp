#pragma once
// check-data: the guide's checklist before training, through the real loader, as text, JSON and a page with pictures.

#include <rts/cli/options.hpp>
#include <rts/cli/session.ipp>
#include <rts/data/quantiles.hpp>
#include <rts/tracking/report.hpp>
#include <rts/train/engine.hpp>
#include <rts/train/stage.hpp>

#include <ATen/ATen.h>

#include <map>

namespace rts::inline RTS_ABI::cli {
namespace detail {

/// What one split's tiles hold, band by band, in normalised values.
struct SplitFigures {
  static constexpr int bins = 60;
  static constexpr double reach = 6;  ///< the histogram covers -reach to reach standard deviations
  std::vector<std::vector<double>> histogram;
  std::vector<data::Moments> moments;
  std::vector<double> low, high;
  double pixels = 0, valid = 0, positive = 0;

  explicit SplitFigures(std::size_t bands = 0) : histogram(bands, std::vector<double>(bins, 0.0)), moments(bands), low(bands, 1e300), high(bands, -1e300) {}
  void add(const float* image, const std::uint8_t* label, const std::uint8_t* ok, std::size_t area) {
    pixels += static_cast<double>(area);
    for (std::size_t i = 0; i < area; ++i)
      if (ok[i]) valid += 1, positive += label[i] > 0;
    for (std::size_t b = 0; b < moments.size(); ++b)
      for (std::size_t i = 0; i < area; ++i) {
        if (!ok[i]) continue;
        const double v = image[b * area + i];
        moments[b].add(v);
        low[b] = std::min(low[b], v), high[b] = std::max(high[b], v);
        histogram[b][static_cast<std::size_t>(std::clamp((v + reach) / (2 * reach) * bins, 0.0, bins - 1.0))] += 1;
      }
  }
  /// Half the sum of differences of two histograms' shares: 0 the same, 1 apart.
  double distance(const SplitFigures& o, std::size_t band) const {
    double a = 0, b = 0, sum = 0;
    for (int k = 0; k < bins; ++k) a += histogram[band][static_cast<std::size_t>(k)], b += o.histogram[band][static_cast<std::size_t>(k)];
    for (int k = 0; k < bins && a > 0 && b > 0; ++k) sum += std::abs(histogram[band][static_cast<std::size_t>(k)] / a - o.histogram[band][static_cast<std::size_t>(k)] / b);
    return sum / 2;
  }
};

/// Tiles as the network gets them: objects outlined in yellow, the ring in cyan, pixels without data in magenta.
inline raster::Picture network_input(const data::Batch& batch, std::int64_t k, const train::Plan& plan) {
  const int h = plan.tile_height, w = plan.tile_width;
  const at::Tensor image = batch.image[k].contiguous(), label = batch.label[k].contiguous(), valid = batch.valid[k].contiguous();
  std::vector<const float*> planes;
  for (std::int64_t b = 0; b < (image.size(0) < 3 ? 1 : 3); ++b) planes.push_back(image[b].const_data_ptr<float>());
  const auto* ok = valid.const_data_ptr<std::uint8_t>();
  raster::Picture p = raster::stretch(planes, ok, w, h);
  at::Tensor ring;
  if (plan.pass_numbers.boundary.ignore > 0) ring = losses::boundary_ring(label.unsqueeze(0), valid.unsqueeze(0), plan.pass_numbers.boundary.ignore, plan.pass_numbers.boundary.metric, plan.pass_numbers.boundary.side).contiguous();
  const at::Tensor object = label.ne(0).logical_and(label.ne(255)).to(at::kByte).contiguous();
  for (int i = 0; i < h * w; ++i) {
    std::uint8_t* c = p.at(i % w, i / w);
    if (ring.defined() && ring.const_data_ptr<bool>()[i]) c[0] = static_cast<std::uint8_t>(c[0] / 2), c[1] = static_cast<std::uint8_t>(c[1] / 2 + 127), c[2] = static_cast<std::uint8_t>(c[2] / 2 + 127);
    if (!ok[i]) c[0] = 255, c[1] = 0, c[2] = 255;
  }
  raster::outline(p, object.const_data_ptr<std::uint8_t>(), 255, 230, 0);
  return p;
}

}  // namespace detail

RTS_INLINE int check_data(const Options& o) {
  tracking::Console console(o.quiet);
  Session session(o, console);
  const data::IndexedSource& source = *session.source;
  const data::Dataset& d = source.dataset();
  const std::size_t bands = d.bands.size(), area = static_cast<std::size_t>(d.tile_height) * static_cast<std::size_t>(d.tile_width);
  const std::filesystem::path out = o.out / "check";
  std::filesystem::create_directories(out);
  tracking::Page page("Check of " + d.root.filename().string());
  const std::string head = fmt::format("dataset {} version {}: {} files, {} windows of {} x {} with data, {:g} m, {}", d.root.string(), d.version, d.files.size(), d.samples.size(), d.tile_height, d.tile_width, d.pixel_size, to_text(d.pixels));
  fmt::print("\n{}\n", head);
  page.paragraph(head);
  nlohmann::ordered_json json{{"version", d.version}, {"files", d.files.size()}, {"windows", d.samples.size()}, {"pixel_size", d.pixel_size}};

  // Through the real loader as evaluation sees it: every window, split by split.
  const train::Normalizer normalizer = train::make_normalizer(o.plan, source.statistics(), train::full_scale(d));
  const augment::BandSet set = train::band_set(o.plan, normalizer, d);
  const data::LoaderOptions settings{.batch = 8, .bands = static_cast<int>(bands), .height = d.tile_height, .width = d.tile_width, .threads = o.threads, .drop_last = false, .skip_bad = o.run.skip_bad};
  data::Loader loader(source, train::evaluation_stage(o.plan, set, o.plan.seed, false), settings);
  std::vector<std::uint32_t> order(d.samples.size()), positives;
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::uint32_t i : order)
    if (d.samples[i].positives > 0) positives.push_back(i);
  loader.begin(order, 1);
  std::map<data::SplitName, detail::SplitFigures> splits;
  std::map<std::string, std::array<double, 4>> regions;  // windows, positive windows, valid pixels, positive pixels
  std::map<int, double> values;
  std::size_t skipped = 0;
  while (const data::Batch* batch = loader.next()) {
    skipped += batch->skipped.size();
    for (std::size_t k = 0; k < batch->samples.size(); ++k) {
      const data::Sample& s = d.samples[batch->samples[k]];
      const auto* label = batch->label.const_data_ptr<std::uint8_t>() + k * area;
      splits.try_emplace(d.split_of(s), detail::SplitFigures(bands)).first->second.add(batch->image.const_data_ptr<float>() + k * bands * area, label, batch->valid.const_data_ptr<std::uint8_t>() + k * area, area);
      std::int64_t counts[256] = {};
      for (std::size_t i = 0; i < area; ++i) ++counts[label[i]];
      for (int v = 0; v < 256; ++v)
        if (counts[v]) values[v] += static_cast<double>(counts[v]);
      const data::FileRow& f = d.files[s.file];
      auto& r = regions[f.region.empty() ? f.scene : f.region];
      r[0] += 1, r[1] += s.positives > 0, r[2] += static_cast<double>(s.valid), r[3] += static_cast<double>(s.positives);
    }
    console.on_progress({.task = "check", .done = static_cast<std::int64_t>(batch->index) + 1, .total = static_cast<std::int64_t>(loader.batches()), .unit = "batches"});
  }

  fmt::print("\nband                        lowest       highest          mean           std\n");
  page.heading("Bands");
  std::vector<std::vector<std::string>> table{{"band", "lowest", "highest", "mean", "std"}};
  for (std::size_t b = 0; b < bands; ++b) {
    double low = 1e300, high = -1e300;
    for (const auto& [split, f] : splits) low = std::min(low, f.low[b]), high = std::max(high, f.high[b]);
    low = low / normalizer.factor[b] + normalizer.mean[b], high = high / normalizer.factor[b] + normalizer.mean[b];
    const double mean = source.statistics().mean[b], std = source.statistics().std[b];
    fmt::print("{:<22} {:>12.6g}  {:>12.6g}  {:>12.6g}  {:>12.6g}\n", d.bands[b].name, low, high, mean, std);
    table.push_back({d.bands[b].name, fmt::format("{:.6g}", low), fmt::format("{:.6g}", high), fmt::format("{:.6g}", mean), fmt::format("{:.6g}", std)});
    json["bands"][d.bands[b].name] = {{"low", low}, {"high", high}, {"mean", mean}, {"std", std}};
  }
  page.table(table);

  double pixels = 0, valid = 0, positive = 0;
  for (const auto& [split, f] : splits) pixels += f.pixels, valid += f.valid, positive += f.positive;
  fmt::print("\nlabel values:");
  for (const auto& [value, n] : values) fmt::print("  {}: {:.0f}", value, n);
  fmt::print("\nno data or unknown: {:.2f} % of pixels; positive: {:.4f} % of valid pixels\n", 100 * (1 - valid / std::max(pixels, 1.0)), 100 * positive / std::max(valid, 1.0));
  json["nodata_share"] = 1 - valid / std::max(pixels, 1.0);
  json["positive_share"] = positive / std::max(valid, 1.0);

  page.heading("Splits");
  fmt::print("\nsplit    positive  negative\n");
  table = {{"split", "tiles with objects", "tiles without", "positive pixels", "no data or unknown"}};
  for (const auto s : {data::SplitName::train, data::SplitName::val, data::SplitName::test, data::SplitName::none}) {
    const std::size_t p = d.positives(s).size(), n = d.negatives(s).size();
    json["splits"][std::string(data::to_text(s))] = {{"positive", p}, {"negative", n}};
    if (p + n == 0) continue;
    fmt::print("{:<8} {:>8}  {:>8}\n", data::to_text(s), p, n);
    const detail::SplitFigures& f = splits[s];
    table.push_back({std::string(data::to_text(s)), std::to_string(p), std::to_string(n), fmt::format("{:.4f} %", 100 * f.positive / std::max(f.valid, 1.0)), fmt::format("{:.2f} %", 100 * (1 - f.valid / std::max(f.pixels, 1.0)))});
  }
  page.table(table);

  // Drift: how far the other splits' values lie from training's.
  if (splits.count(data::SplitName::train) && splits.size() > 1) {
    fmt::print("\ndrift against train: shift of the mean in standard deviations, share of values that lie elsewhere\n");
    page.heading("Drift between splits");
    table = {{"band", "split", "mean shifted by", "values elsewhere"}};
    const detail::SplitFigures& train = splits[data::SplitName::train];
    for (const auto& [split, f] : splits) {
      if (split == data::SplitName::train || f.valid == 0) continue;
      for (std::size_t b = 0; b < bands; ++b) {
        const double shift = (f.moments[b].mean - train.moments[b].mean) / std::max(train.moments[b].std(), 1e-12), elsewhere = f.distance(train, b);
        const bool far = data::Drift{shift, elsewhere}.far();
        fmt::print("{:<22} {:<6} {:>+7.2f}  {:>5.1f} %{}\n", d.bands[b].name, data::to_text(split), shift, 100 * elsewhere, far ? "  warning: far from what the model learns on" : "");
        table.push_back({d.bands[b].name, std::string(data::to_text(split)), fmt::format("{:+.2f} std", shift), fmt::format("{:.1f} %{}", 100 * elsewhere, far ? " (far)" : "")});
        json["drift"][std::string(data::to_text(split))][d.bands[b].name] = {{"shift", shift}, {"elsewhere", elsewhere}};
      }
    }
    page.table(table);
  }
  for (std::size_t b = 0; b < bands; ++b) {
    tracking::Plot plot{.title = d.bands[b].name + " by split", .x_label = "standard deviations from the training mean", .y_label = "share of pixels", .series = {}};
    for (const auto& [split, f] : splits) {
      tracking::Series s{std::string(data::to_text(split)), {}, {}};
      for (int k = 0; k < f.bins; ++k) s.x.push_back((k + 0.5) / f.bins * 2 * f.reach - f.reach), s.y.push_back(f.histogram[b][static_cast<std::size_t>(k)] / std::max(f.valid, 1.0));
      plot.series.push_back(std::move(s));
    }
    const auto png = out / ("histogram_" + d.bands[b].name + ".png");
    if (tracking::draw(plot, png)) page.picture(png, "values of " + d.bands[b].name);
  }

  page.heading("Regions");
  table = {{"region", "windows", "with objects", "positive pixels"}};
  for (const auto& [name, r] : regions) {
    table.push_back({name, fmt::format("{:.0f}", r[0]), fmt::format("{:.0f}", r[1]), fmt::format("{:.4f} %", 100 * r[3] / std::max(r[2], 1.0))});
    json["regions"][name] = {{"windows", r[0]}, {"positive_windows", r[1]}, {"positive_share", r[3] / std::max(r[2], 1.0)}};
  }
  page.table(table);

  const train::RingSurvival ring = train::ring_survival(o.plan, source, positives);
  const std::string survival = fmt::format("the ring of {} px leaves {:.1f} % of positive pixels and {:.1f} % of objects{}", o.plan.pass_numbers.boundary.ignore, 100 * ring.pixels, 100 * ring.objects, ring.pixels < 0.5 ? "; warning: less than half, training asks for --accept-ring-loss" : "");
  fmt::print("\n{}\n", survival);
  json["ring"] = {{"width", o.plan.pass_numbers.boundary.ignore}, {"pixels_left", ring.pixels}, {"objects_left", ring.objects}};
  std::map<std::uint64_t, std::uint32_t> first;
  std::size_t duplicates = 0;
  for (std::uint32_t i = 0; i < d.samples.size(); ++i) {
    const auto [it, fresh] = first.emplace(d.samples[i].content, i);
    if (fresh) continue;
    if (++duplicates <= 5) fmt::print("duplicate: {} is {}\n", d.sample_name(d.samples[i]), d.sample_name(d.samples[it->second]));
  }
  fmt::print("{} duplicate windows; {} skipped\n", duplicates, skipped);
  json["duplicates"] = duplicates;

  // What training gets: positives through the training stage, four draws each.
  const std::size_t count = std::min<std::size_t>(8, positives.size());
  if (count > 0) {
    data::Loader trained(source, train::training_stage(o.plan, set, o.plan.seed, false, o.plan.pastes_objects ? train::object_bank(source) : nullptr), settings);
    raster::Picture sheet(5 * (d.tile_width + 4) - 4, static_cast<int>(count) * (d.tile_height + 4) - 4);
    double worst = 0;
    for (int draw = 0; draw < 5; ++draw) {
      std::vector<std::uint32_t> shown;
      for (std::size_t k = 0; k < count; ++k) shown.push_back(positives[k * positives.size() / count]);
      data::Loader& from = draw == 0 ? loader : trained;
      from.begin(shown, static_cast<std::uint32_t>(draw + 1));
      const data::Batch* batch = from.next();
      for (std::int64_t k = 0; batch && k < batch->image.size(0); ++k) sheet.paste(detail::network_input(*batch, k, o.plan), draw * (d.tile_width + 4), static_cast<int>(k) * (d.tile_height + 4));
      if (batch) worst = std::max(worst, batch->image.abs().max().item<double>());
      RTS_CHECK(batch && batch->image.isfinite().all().item<bool>(), .code = "RTS-D69", .what = "the training stage makes values that are not finite", .where = d.root.string(), .fix = "check the bands' statistics and the chain");
    }
    raster::write_png(out / "samples.png", sheet);
    page.heading("What the network gets");
    page.paragraph(fmt::format("left: the tile; right of it: four draws of the recipe's augmentation. Objects are outlined in yellow, the ring that the loss leaves out is cyan, pixels without data are magenta. {}. Largest value {:.1f} standard deviations.", survival, worst));
    page.picture(out / "samples.png", "tiles with objects");
    fmt::print("sample pictures: {}\n", (out / "samples.png").string());
  }
  const auto leaks = data::find_leaks(d, o.min_distance);
  const std::string blocking = leaks.empty() ? fmt::format("no two splits share ground or lie closer than {:g} m", o.min_distance) : fmt::format("{} pairs of files leak between splits; training will refuse. First: {} and {}, {}", leaks.size(), leaks.front().first, leaks.front().second, leaks.front().reason);
  fmt::print("leakage between splits: {}\n", leaks.empty() ? "none" : std::to_string(leaks.size()) + " pairs of files; training will refuse");
  page.heading("Spatial blocking");
  if (leaks.empty()) page.paragraph(blocking);
  else page.note(blocking);
  page.paragraph(fmt::format("{} duplicate windows, {} skipped", duplicates, skipped));
  json["leaks"] = leaks.size();
  page.write(out / "report.html");
  fmt::print("report: {}\n", (out / "report.html").string());
  if (!o.json.empty()) write_text(o.json, json.dump(2) + "\n");
  return leaks.empty() ? 0 : static_cast<int>(ExitCode::bad_data);
}

}  // namespace rts::inline RTS_ABI::cli
