#include "api/source.hpp"

namespace paynamed::api {
namespace {

constexpr std::size_t kMaxNodeBytes = 256;
constexpr std::size_t kMaxInstanceBytes = 64;
// Far more than fits into a TXT record; the engine says what is too long to publish.
constexpr std::size_t kMaxUriBytes = 32 * 1024;

}  // namespace

Result<pipeline::Source> read_source(const Body& body, bool required) {
  const bool of_node = body.has("node") || body.has("instance");
  const int given = (of_node ? 1 : 0) + (body.has("uri") ? 1 : 0) + (body.has("offer") ? 1 : 0);
  if (given > 1 || (given == 0 && required)) {
    return base::fail(base::invalid_argument(
        "a source is exactly one of 'node', 'uri' and 'offer'; only a node may have an 'instance'"));
  }
  pipeline::Source source;
  if (body.has("instance")) {
    auto instance = body.text("instance", kMaxInstanceBytes, true);
    if (!instance) return base::fail(instance.error());
    source.instance = std::move(*instance);
  }
  if (body.has("uri") || body.has("offer")) {
    source.kind = state::SourceKind::kExternal;
    const bool is_uri = body.has("uri");
    auto text = body.text(is_uri ? "uri" : "offer", kMaxUriBytes, true);
    if (!text) return base::fail(text.error());
    (is_uri ? source.uri : source.offer) = std::move(*text);
  } else if (body.is_text("node")) {
    auto node = body.text("node", kMaxNodeBytes, true);
    if (!node) return base::fail(node.error());
    source.node = std::move(*node);
  } else if (body.has("node") && !body.is_true("node")) {
    return base::fail(base::invalid_argument(
        "'node' must be true for the default node, or a text with the node's reference"));
  }
  return source;
}

}  // namespace paynamed::api
