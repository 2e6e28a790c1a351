#include "ctl/connection.hpp"

namespace paynamed::ctl {

std::vector<base::Result<HttpReply>> Connection::send_all(const std::vector<HttpCall>& calls, std::size_t) {
  std::vector<base::Result<HttpReply>> replies;
  for (const HttpCall& call : calls) replies.push_back(send(call));
  return replies;
}

}  // namespace paynamed::ctl
