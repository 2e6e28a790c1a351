#include "usage.hpp"

#include "answer.hpp"

namespace paynamed::cloudflare {

void add_usage(const boost::json::value& result, plugin::v1::DescribeDnsReply& to) {
  const auto* object = result.if_object();
  if (object == nullptr) return;
  const auto used = integer_in(*object, "record_usage");
  const auto quota = integer_in(*object, "record_quota");
  // Where there is no quota it is null.
  if (!used || !quota || *used < 0 || *quota <= 0) return;
  to.set_records_used(static_cast<std::uint64_t>(*used));
  to.set_records_limit(static_cast<std::uint64_t>(*quota));
}

}  // namespace paynamed::cloudflare
