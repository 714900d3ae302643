// Bodies of data/ (all that reads no raster), samplers/ and metrics/.
#include <rts/data/dataset.ipp>
#include <rts/data/loader.ipp>
#include <rts/data/split.ipp>
#include <rts/data/statistics.ipp>
#include <rts/data/synthetic.ipp>
#include <rts/metrics/evaluation.ipp>
#include <rts/metrics/objects.ipp>
#include <rts/samplers/order.ipp>
