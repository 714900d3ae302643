#pragma once
#include <rts/train/device_stage.hpp>

#include <rts/core/error.hpp>

#include <cstring>

namespace rts::inline RTS_ABI::train {

RTS_INLINE data::Stage stored_stage(const Plan& plan, const augment::BandSet& bands, std::uint64_t seed, std::shared_ptr<const augment::ObjectBank> objects) {
  return [draw = plan.draw, bands, seed, frame = augment::Frame{plan.tile_height, plan.tile_width}, objects = std::move(objects)](data::RawTile& raw, const data::SampleKey& key, const data::TileView& out) {
    Random random(seed, key.epoch, key.position, 1);
    const augment::Draw drawn = draw(random, frame);
    if (objects && drawn.paste.objects > 0) objects->paste(drawn.paste, raw.type, frame, bands.bands.size(), raw.image.data(), raw.label.data(), raw.valid.data());
    const augment::DeviceDraw d = augment::device_draw(drawn, {raw.type, raw.image.data(), raw.label.data(), raw.valid.data()}, frame, bands);
    std::memcpy(out.draw, &d, sizeof d);
    std::memcpy(out.stored, raw.image.data(), raw.image.size());
    std::memcpy(out.label, raw.label.data(), raw.label.size());
    std::memcpy(out.valid, raw.valid.data(), raw.valid.size());
  };
}

#if RTS_HEADER_ONLY
// Without the compiled library no kernel is linked: chains run on the CPU.
inline bool has_device_augment() { return false; }
inline DeviceInput augment_on_device(const data::Batch&, const data::Dataset&, const augment::BandSet&, const at::Device&) {
  throw Error({.code = "RTS-T63", .what = "no CUDA kernel for augmentation is linked", .fix = "link rts::compiled with CUDA, or augment on the CPU"});
}
#endif

}  // namespace rts::inline RTS_ABI::train
