#include "device_case.hpp"

#include <rts/augment/augment_policy.hpp>
#include "tiles.hpp"

#include <chrono>

DeviceCase device_case(rts::PixelType type, int images, int n, int edge, bool forced) {
  using Forced = Chain<Rotate90<{.p = 1}>, FlipHorizontal<{.p = 1}>, ShiftScaleRotate<{.p = 1}>, Elastic<{.p = 1}>, Shear<{.p = 1}>, Brightness<{.p = 1}>, Contrast<{.p = 1}>, Saturation<{.p = 1}>>;
  const Frame f{edge, edge};
  const Tile t = make(f, type, n, Kind::noise, true);
  const BandSet bands = make_bands(n);
  DeviceCase c{.type = type};
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  for (int k = 0; k < images; ++k) {
    Random random(5, 2, static_cast<std::uint64_t>(k));
    Draw d;
    if (forced) Forced::draw(random, f, d);
    else Guide::draw(random, f, d);
    append(c.image, t.image), append(c.label, t.label), append(c.valid, t.valid);
    const auto start = std::chrono::steady_clock::now();
    const Result r = fused(d, t, bands);
    c.cpu_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    append(c.wanted, r.image), append(c.wanted_label, r.label), append(c.wanted_valid, r.valid);
    const DeviceDraw drawn = device_draw(d, t.in(), f, bands);
    const auto* bytes = reinterpret_cast<const std::byte*>(&drawn);
    c.draws.insert(c.draws.end(), bytes, bytes + sizeof drawn);
  }
  DeviceBatch b{.type = type, .images = images, .frame = f};
  set_bands(b, bands);
  b.image_stride = static_cast<std::int64_t>(n) * edge * edge, b.band_stride = static_cast<std::int64_t>(edge) * edge, b.row_stride = edge, b.column_stride = 1;
  const auto* bytes = reinterpret_cast<const std::byte*>(&b);
  c.batch.assign(bytes, bytes + sizeof b);
  return c;
}
