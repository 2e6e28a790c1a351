#include <boost/json/parse.hpp>

#include "ctl/ask.hpp"
#include "ctl/timeline.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;

// A reload waits for the one before it, and makes plugin instances.
constexpr base::Duration kPatience{90'000};

std::string printable_lines(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += printable(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out;
}

}  // namespace

Exit reload(Context& context, bool only_check) {
  HttpCall call;
  call.method = "POST";
  call.target = only_check ? "/v1/reload?check=true" : "/v1/reload";
  call.timeout = kPatience;
  auto reply = context.connection.send(call);
  if (!reply) {
    context.err("paynamectl: " + printable(reply.error().message()) + "\n");
    return Exit::kUnreachable;
  }
  boost::system::error_code error;
  const json::value value = json::parse(reply->body, error);
  if (error || !value.is_object()) {
    context.err("paynamectl: the answer is not one of paynamed; is --url right?\n");
    return Exit::kUnreachable;
  }
  const json::object& body = value.get_object();
  const bool done = reply->status == 200;
  const std::string text = text_of(body, "text");
  if (context.json) {
    context.out(reply->body + "\n");
  } else if (!text.empty()) {
    (done ? context.out : context.err)(printable_lines(text));
  } else {
    context.err("paynamectl: " + printable(text_of(body, "detail")) + "\n");
  }
  return done ? Exit::kOk : Exit::kRefused;
}

}  // namespace paynamed::ctl
