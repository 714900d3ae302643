#pragma once
// Packed tiles: one file of fixed records with its own index, memory-mapped. Made from a dataset once, then read at the speed of memory.

#include <rts/core/observer.hpp>
#include <rts/data/index.hpp>
#include <rts/data/record.hpp>

namespace rts::inline RTS_ABI::data {

inline constexpr int packed_version = 1;

/// Writes every window of a source, with tables, moments and a checksum each; reads all of it back and compares it with the source byte
/// for byte before the file gets its name.
/// errors: RTS-D91 cannot be written; RTS-D92 a record differs from its source
void write_packed(const std::filesystem::path& path, const IndexedSource& source, Observer& observer);

/// Tiles of a packed file. Its tables are the dataset's; another table of splits may be given.
/// errors: RTS-D93 no packed file, truncated, or of another version; RTS-D94 other bands, classes or tile size than asked for;
/// RTS-D95 older than its source; RTS-D96 a damaged record (when it is read for the first time)
class PackedSource : public IndexedSource {
 public:
  struct Wanted {
    std::vector<std::string> bands;
    int tile_height = 512, tile_width = 512, classes = 2;
    std::optional<std::filesystem::path> split_table = {};
  };
  PackedSource(const std::filesystem::path& path, const Wanted& wanted);
  ~PackedSource() override;
  std::unique_ptr<Reader> reader() const override;
  bool reads_anywhere() const override { return false; }
  const RecordLayout& layout() const { return layout_; }
  /// A record as it lies in the file, its checksum proved at the first call.
  const std::byte* record(std::size_t index) const;

 private:
  std::filesystem::path path_;
  RecordLayout layout_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0, first_ = 0, stride_ = 0;
  const std::byte* checksums_ = nullptr;
  mutable std::vector<std::uint8_t> proved_;
};

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/packed.ipp>
#endif
