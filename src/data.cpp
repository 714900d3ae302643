// Bodies of augment/, data/ (all that reads no raster), samplers/ and metrics/.
#include <rts/augment/colour.ipp>
#include <rts/augment/displacement.ipp>
#include <rts/augment/filters.ipp>
#include <rts/augment/fused.ipp>
#include <rts/augment/objects.ipp>
#include <rts/data/dataset.ipp>
#include <rts/data/index.ipp>
#include <rts/data/loader.ipp>
#include <rts/data/packed.ipp>
#include <rts/data/record.ipp>
#include <rts/data/split.ipp>
#include <rts/data/statistics.ipp>
#include <rts/data/synthetic.ipp>
#include <rts/metrics/evaluation.ipp>
#include <rts/metrics/objects.ipp>
#include <rts/samplers/order.ipp>
