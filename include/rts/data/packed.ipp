#pragma once
#include <rts/data/packed.hpp>

#include <rts/core/atomic_file.hpp>
#include <rts/core/description.hpp>
#include <rts/core/interrupt.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <fstream>
#include <map>
#include <set>
#include <sys/mman.h>
#include <sys/stat.h>

namespace rts::inline RTS_ABI::data {
namespace detail {

// A packed file: 64 bytes of header, records from `page` on (each at a multiple of a page), checksums (8 bytes a record), tables (JSON).
struct PackedHeader {
  char magic[8] = {'R', 'T', 'S', 'P', 'A', 'C', 'K', '\n'};
  std::uint32_t version = packed_version, reserved = 0;
  std::uint64_t records = 0, stride = 0, tables_offset = 0, tables_bytes = 0, tables_checksum = 0, size = 0;
};
static_assert(sizeof(PackedHeader) == 64);
inline constexpr std::size_t page = 4096;

/// Size and time of every file that a dataset's tiles come from: what "stale" means.
inline std::uint64_t source_state(const Dataset& d) {
  std::set<std::string> folders{"labels"};
  for (const BandSource& b : d.bands) folders.insert(b.folder);
  std::uint64_t hash = fnv1a("rts packed");
  for (const FileRow& f : d.files)
    for (const std::string& folder : folders) {
      struct stat s {};
      const auto path = d.root / folder / (f.name + d.extension);
      if (::stat(path.c_str(), &s) != 0) continue;
      hash = fnv1a(folder + "/" + f.name + " " + std::to_string(s.st_size) + " " + std::to_string(s.st_mtim.tv_sec) + "." + std::to_string(s.st_mtim.tv_nsec), hash);
    }
  return hash;
}

inline nlohmann::json tables_of(const IndexedSource& source, const RecordLayout& l) {
  const Dataset& d = source.dataset();
  nlohmann::json j{{"root", std::filesystem::absolute(d.root).string()}, {"version", d.version}, {"state", hex16(source_state(d))}, {"pixel_size", d.pixel_size}, {"extension", d.extension}, {"classes", source.classes()}, {"type", static_cast<int>(l.type)}, {"height", l.height}, {"width", l.width}, {"label_planes", l.label_planes}};
  for (const BandSource& b : d.bands) j["bands"].push_back({{"name", b.name}, {"unit", b.unit}, {"folder", b.folder}, {"index", b.index}, {"scale", b.scale}, {"type", b.type}});
  for (std::size_t f = 0; f < d.files.size(); ++f) {
    const FileRow& r = d.files[f];
    const FileInfo& i = d.info[f];
    nlohmann::json moments = nlohmann::json::array();
    for (const Moments& m : source.moments()[f].bands) moments.push_back({m.count, m.mean, m.m2});
    j["files"].push_back({{"name", r.name}, {"scene", r.scene}, {"region", r.region}, {"split", r.split}, {"other_split", r.other_split}, {"width", i.width}, {"height", i.height}, {"pixel_size", i.pixel_size}, {"epsg", i.epsg}, {"transform", i.transform}, {"corners", i.footprint.corners}, {"moments", moments}, {"windows", source.moments()[f].windows}});
  }
  for (const Sample& s : d.samples) j["samples"].push_back({s.file, s.row, s.column, s.positives, s.valid, hex16(s.content)});
  return j;
}

class PackedReader : public Reader {
 public:
  explicit PackedReader(const PackedSource& s) : source_(s) {}
  void read(const Sample& sample, RawTile& out) override { from_record(source_.record(place(sample)), source_.layout(), out); }
  void read_record(const Sample& sample, std::byte* out) override { std::memcpy(out, source_.record(place(sample)), source_.layout().bytes()); }

 private:
  std::size_t place(const Sample& s) const { return static_cast<std::size_t>(&s - source_.dataset().samples.data()); }
  const PackedSource& source_;
};

}  // namespace detail

RTS_INLINE void write_packed(const std::filesystem::path& path, const IndexedSource& source, Observer& observer) {
  const Dataset& d = source.dataset();
  const RecordLayout l = layout_of(d, source.classes());
  const auto reader = source.reader();
  AtomicFile file(path, "RTS-D91");
  detail::PackedHeader header;
  header.records = d.samples.size();
  header.stride = (l.bytes() + detail::page - 1) / detail::page * detail::page;
  header.tables_offset = detail::page + header.records * (header.stride + 8);
  const std::string tables = detail::tables_of(source, l).dump();
  header.tables_bytes = tables.size();
  header.tables_checksum = checksum(reinterpret_cast<const std::byte*>(tables.data()), tables.size());
  header.size = header.tables_offset + tables.size();
  std::vector<std::byte> record(header.stride), first(detail::page);
  std::memcpy(first.data(), &header, sizeof header);
  file.write(first.data(), first.size());
  std::vector<std::uint64_t> sums;
  RawTile tile;
  const auto progress = [&](const char* task, std::size_t done) { observer.on_progress({.task = task, .done = static_cast<std::int64_t>(done), .total = static_cast<std::int64_t>(header.records), .unit = "tiles"}); };
  const auto stop = [] { RTS_CHECK(!interrupted(), .code = "RTS-D97", .what = "packing was interrupted", .found = "nothing was left behind", .fix = "run prepare again"); };
  for (const Sample& s : d.samples) {
    stop();
    reader->read(s, tile);
    to_record(tile, l, record.data());
    sums.push_back(checksum(record.data(), l.bytes()));
    file.write(record.data(), record.size());
    progress("pack", sums.size());
  }
  file.write(sums.data(), sums.size() * 8);
  file.write(tables);
  // What lies on the disk against the source, byte for byte.
  std::ifstream written(file.temporary(), std::ios::binary);
  std::vector<std::byte> again(header.stride);
  for (std::size_t i = 0; i < d.samples.size(); ++i) {
    stop();
    written.seekg(static_cast<std::streamoff>(detail::page + i * header.stride));
    written.read(reinterpret_cast<char*>(again.data()), static_cast<std::streamsize>(again.size()));
    reader->read(d.samples[i], tile);
    to_record(tile, l, record.data());
    RTS_CHECK_DATA(written && std::memcmp(again.data(), record.data(), l.bytes()) == 0, .code = "RTS-D92", .what = "a packed tile differs from its source", .where = path.string() + ": " + d.sample_name(d.samples[i]), .expected = "the same bytes", .found = "others", .fix = "the dataset changed while it was packed, or the disk is faulty: run prepare again");
    progress("compare", i + 1);
  }
  file.commit();
}

RTS_INLINE PackedSource::PackedSource(const std::filesystem::path& path, const Wanted& wanted) : path_(path) {
  const auto refuse = [&](const std::string& found) { return DataError({.code = "RTS-D93", .what = "the packed file cannot be used", .where = path.string(), .expected = "a whole packed file of version " + std::to_string(packed_version), .found = found, .fix = "make it again with prepare"}); };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw refuse(std::strerror(errno));
  struct stat s {};
  ::fstat(file, &s);
  size_ = static_cast<std::size_t>(s.st_size);
  detail::PackedHeader h;
  if (size_ >= detail::page) {
    void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) data_ = static_cast<const std::byte*>(mapped);
  }
  ::close(file);
  if (!data_) throw refuse(std::to_string(size_) + " bytes");
  std::memcpy(&h, data_, sizeof h);
  const auto check = [&](bool good, const std::string& found) {
    if (good) return;
    ::munmap(const_cast<std::byte*>(data_), size_);
    data_ = nullptr;
    throw refuse(found);
  };
  check(std::memcmp(h.magic, detail::PackedHeader{}.magic, 8) == 0, "no packed file");
  check(h.version == packed_version, "version " + std::to_string(h.version));
  check(h.size == size_, "truncated: " + std::to_string(size_) + " of " + std::to_string(h.size) + " bytes");
  check(h.stride > 0 && h.stride % detail::page == 0 && h.records <= size_ / h.stride && h.tables_offset == detail::page + h.records * (h.stride + 8) && h.tables_bytes == size_ - h.tables_offset, "a damaged header");
  const std::byte* tables = data_ + h.tables_offset;
  check(checksum(tables, h.tables_bytes) == h.tables_checksum, "damaged tables");
  const auto j = nlohmann::json::parse(reinterpret_cast<const char*>(tables), reinterpret_cast<const char*>(tables) + h.tables_bytes, nullptr, false);
  check(!j.is_discarded(), "tables that are no JSON");
  try {
    Dataset& d = dataset_;
    d.root = j.at("root").get<std::string>();
    d.version = j.at("version").get<std::string>();
    d.pixel_size = j.at("pixel_size").get<double>();
    d.extension = j.at("extension").get<std::string>();
    classes_ = j.at("classes").get<int>();
    d.pixels = static_cast<PixelType>(j.at("type").get<int>());
    d.tile_height = j.at("height").get<int>(), d.tile_width = j.at("width").get<int>();
    for (const auto& b : j.at("bands")) d.bands.push_back({b.at("name"), b.at("unit"), b.at("folder"), b.at("index"), b.at("scale"), {}, b.at("type")});
    for (const auto& f : j.at("files")) {
      d.files.push_back({f.at("name"), f.at("scene"), f.at("region"), f.at("split"), f.at("other_split")});
      d.info.push_back({f.at("width"), f.at("height"), f.at("pixel_size"), f.at("epsg"), f.at("transform").get<std::array<double, 6>>(), {f.at("corners").get<std::array<Point3, 4>>()}});
      FileMoments m{{}, f.at("windows")};
      for (const auto& b : f.at("moments")) m.bands.push_back({b.at(0), b.at(1), b.at(2)});
      moments_.push_back(std::move(m));
    }
    for (const auto& x : j.value("samples", nlohmann::json::array())) d.samples.push_back({x.at(0), x.at(1), x.at(2), x.at(3), x.at(4), std::stoull(x.at(5).get<std::string>(), nullptr, 16)});
    check(d.samples.size() == h.records, "tables of another number of tiles");
    layout_ = {d.pixels, static_cast<int>(d.bands.size()), d.tile_height, d.tile_width, j.at("label_planes").get<int>()};
    check(layout_.bytes() <= h.stride, "records smaller than their tiles");
    const auto text = [](const std::vector<std::string>& bands, int height, int width, int classes) {
      std::string t;
      for (const std::string& b : bands) t += (t.empty() ? "" : ",") + b;
      return t + "; " + std::to_string(height) + " x " + std::to_string(width) + "; " + std::to_string(classes) + " classes";
    };
    std::vector<std::string> have;
    for (const BandSource& b : d.bands) have.push_back(b.name);
    const std::string want = text(wanted.bands, wanted.tile_height, wanted.tile_width, wanted.classes), found = text(have, d.tile_height, d.tile_width, classes_);
    RTS_CHECK_DATA(want == found, .code = "RTS-D94", .what = "the packed file is of another recipe", .where = path.string(), .expected = want, .found = found, .fix = "make one for this variant with prepare");
    RTS_CHECK_DATA(!std::filesystem::exists(d.root) || j.at("state").get<std::string>() == hex16(detail::source_state(d)), .code = "RTS-D95", .what = "the packed file is stale: its dataset has changed since", .where = path.string(), .expected = "files of " + d.root.string() + " as they were packed", .found = "other sizes or times", .fix = "make it again with prepare");
  } catch (const nlohmann::json::exception& e) {
    check(false, e.what());
  } catch (...) {
    if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
    throw;
  }
  if (wanted.split_table) apply_split_table(dataset_, *wanted.split_table);
  first_ = detail::page;
  stride_ = h.stride;
  checksums_ = data_ + detail::page + h.records * h.stride;
  proved_.resize(h.records);
  statistics_ = training_statistics(dataset_, moments_);
}

RTS_INLINE PackedSource::~PackedSource() {
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

RTS_INLINE std::unique_ptr<Reader> PackedSource::reader() const { return std::make_unique<detail::PackedReader>(*this); }

RTS_INLINE const std::byte* PackedSource::record(std::size_t i) const {
  const std::byte* at = data_ + first_ + i * stride_;
  std::atomic_ref proved(proved_[i]);
  if (!proved.load(std::memory_order_relaxed)) {
    std::uint64_t want;
    std::memcpy(&want, checksums_ + 8 * i, 8);
    const std::uint64_t found = checksum(at, layout_.bytes());
    RTS_CHECK_DATA(found == want, .code = "RTS-D96", .what = "a damaged tile in a packed file", .where = path_.string() + ": " + dataset_.sample_name(dataset_.samples[i]), .expected = hex16(want), .found = hex16(found), .fix = "make the file again with prepare; if it comes again, check the disk");
    proved.store(1, std::memory_order_relaxed);
  }
  return at;
}

}  // namespace rts::inline RTS_ABI::data
