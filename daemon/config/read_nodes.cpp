#include "config/sections.hpp"

namespace paynamed::config {

void read_nodes(Fields& fields, Config& config) {
  if (const auto value = fields.duration("interval", kSecond, kDay)) config.nodes.interval = value->value;
}

}  // namespace paynamed::config
