#include "pipeline/compiled.hpp"

namespace paynamed::pipeline {

// Steps that need a NodeBackend get it from compile(). Waiting for servers may take as long as a provider's
// slowest zone transfer; everything else is given up after an hour.
//
// A repair ends where others pause, because a paused run would keep the monitor from the name, and its end
// takes nothing away: the record that it published is the name's own. What comes true later is noticed then.
// What fails is tried again for the whole hour, so that an outage is one repair and not several.
std::string_view built_in_toml() {
  return R"([[pipelines.register.steps]]
id = "check"
do = "domain.check"
[[pipelines.register.steps]]
id = "node"
do = "node.provision"
timeout = "30s"
[[pipelines.register.steps]]
id = "offer"
do = "offer.create"
[[pipelines.register.steps]]
id = "publish"
do = "dns.publish"
[[pipelines.register.steps]]
id = "await"
do = "dns.await"
deadline = "24h"
[[pipelines.register.steps]]
id = "prove"
do = "name.prove"

[[pipelines.set_source.steps]]
id = "check"
do = "domain.check"
[[pipelines.set_source.steps]]
id = "node"
do = "node.provision"
timeout = "30s"
[[pipelines.set_source.steps]]
id = "offer"
do = "offer.create"
[[pipelines.set_source.steps]]
id = "publish"
do = "dns.publish"
[[pipelines.set_source.steps]]
id = "await"
do = "dns.await"
deadline = "24h"
[[pipelines.set_source.steps]]
id = "prove"
do = "name.prove"
[[pipelines.set_source.steps]]
id = "disable"
do = "offer.disable"

[[pipelines.rotate.steps]]
id = "check"
do = "domain.check"
[[pipelines.rotate.steps]]
id = "offer"
do = "offer.create"
[[pipelines.rotate.steps]]
id = "publish"
do = "dns.publish"
[[pipelines.rotate.steps]]
id = "await"
do = "dns.await"
deadline = "24h"
[[pipelines.rotate.steps]]
id = "prove"
do = "name.prove"
[[pipelines.rotate.steps]]
id = "disable"
do = "offer.disable"

[[pipelines.repair.steps]]
id = "check"
do = "domain.check"
retry = { attempts = 100, first = "1s", max = "1m" }
on_exhausted = "compensate"
[[pipelines.repair.steps]]
id = "publish"
do = "dns.publish"
retry = { attempts = 100, first = "1s", max = "1m" }
on_exhausted = "compensate"
[[pipelines.repair.steps]]
id = "await"
do = "dns.await"
on_exhausted = "compensate"
[[pipelines.repair.steps]]
id = "prove"
do = "name.prove"
on_exhausted = "compensate"

[[pipelines.remove.steps]]
id = "withdraw"
do = "dns.withdraw"
[[pipelines.remove.steps]]
id = "disable"
do = "offer.disable"
)";
}

}  // namespace paynamed::pipeline
