#include "api/server_sent_event.hpp"

#include <fmt/format.h>

namespace paynamed::api {

void append_event(std::string& out, std::string_view id, std::string_view type, std::string_view data) {
  out += "id: ";
  out += id;
  out += "\nevent: ";
  out += type;
  for (;;) {
    const std::size_t end = data.find_first_of("\r\n");
    out += "\ndata: ";
    out += data.substr(0, end);
    if (end == data.npos) break;
    data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  out += "\n\n";
}

void append_heartbeat(std::string& out, std::string_view id) {
  out += ": alive\n";
  if (!id.empty()) {
    out += "id: ";
    out += id;
    out += '\n';
  }
  out += '\n';
}

void append_retry(std::string& out, base::Duration wait) {
  out += fmt::format("retry: {}\n\n", wait.count());
}

}  // namespace paynamed::api
