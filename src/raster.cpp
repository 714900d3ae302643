// Bodies of raster/, data/raster_source/ and inference/: what needs GDAL.
#include <rts/data/raster_source/raster_source.ipp>
#include <rts/data/raster_source/synthetic_dataset.ipp>
#include <rts/data/raster_source/tiling.ipp>
#include <rts/inference/bands.ipp>
#include <rts/inference/coarse_map.ipp>
#include <rts/inference/drift.ipp>
#include <rts/inference/grid.ipp>
#include <rts/inference/map_objects.ipp>
#include <rts/inference/predict.ipp>
#include <rts/inference/rows.ipp>
#include <rts/inference/spool.ipp>
#include <rts/inference/views.ipp>
#include <rts/raster/outlines.ipp>
#include <rts/raster/picture.ipp>
#include <rts/raster/polygons.ipp>
#include <rts/raster/raster.ipp>
#include <rts/raster/tiff_blocks.ipp>
