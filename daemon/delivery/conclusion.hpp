// What follows for a delivery from an attempt at it.
//
// Threads: pure functions.
#pragma once

#include "delivery/judgement.hpp"
#include "state/webhooks.hpp"

namespace paynamed::delivery {

struct Times {
  base::WallTime begun;
  base::WallTime now;
  base::Duration latency{0};
};

// The delivery and the attempt as they are to be written. `before` is the delivery as it was; not for an
// attempt that is not counted.
state::DeliveryUpdate::Done conclude(state::DeliveryRow before, const Verdict& verdict,
                                     const Schedule& schedule, const Times& times, base::Random& random);

}  // namespace paynamed::delivery
