// Bodies of tracking/ and cli/.
#include <rts/cli/program.ipp>
#include <rts/cli/verify.ipp>
#include <rts/tracking/observers.ipp>
#include <rts/tracking/report.ipp>
