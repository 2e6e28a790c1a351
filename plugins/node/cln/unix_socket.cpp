#include "unix_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "rpc_error.hpp"

namespace paynamed::cln {
namespace json = boost::json;
using Clock = std::chrono::steady_clock;

namespace {

// listoffers has no pages: some 100,000 offers.
constexpr std::size_t kMostAnswer = 64U << 20;
constexpr std::size_t kChunk = 64U << 10;

std::string reason(int error) {
  return std::generic_category().message(error);
}

class Connection {
 public:
  Connection(const std::filesystem::path& path, Clock::time_point until) : until_(until) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto& name = path.native();
    if (name.size() >= sizeof(address.sun_path)) {
      throw Error(Code::kFailedPrecondition,
                  "The path of the node's socket is longer than the system allows.");
    }
    std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
    file_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file_ < 0) throw Error(Code::kUnavailable, "No socket can be made: " + reason(errno) + ".");
    if (::connect(file_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
    const int error = errno;
    ::close(file_);
    if (error == EACCES || error == EPERM) {
      throw Error(Code::kPermissionDenied,
                  "The node's socket may not be opened; give paynamed's user access to it (rpc-file-mode).");
    }
    throw Error(Code::kUnavailable, "The node's socket cannot be reached (" + reason(error) +
                                        "); see that lightningd runs and that \"socket\" is its rpc-file.");
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(file_); }

  // False when the connection or the time ends before.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(file_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        text.remove_prefix(static_cast<std::size_t>(sent));
      } else if (!may_go_on(POLLOUT)) {
        return false;
      }
    }
    return true;
  }

  // Until the empty line that ends an answer; empty when it does not come whole.
  std::string receive() {
    std::string text;
    while (text.size() <= kMostAnswer) {
      const auto before = text.size();
      text.resize(before + kChunk);
      const auto got = ::recv(file_, text.data() + before, kChunk, 0);
      const int error = errno;
      text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (text.find("\n\n", before == 0 ? 0 : before - 1) != std::string::npos) return text;
      errno = error;
      if (got == 0 || (got < 0 && !may_go_on(POLLIN))) return {};
    }
    return {};
  }

 private:
  // After a call that did not go through: whether another try makes sense, which waits until then.
  bool may_go_on(short events) {
    if (errno == EINTR) return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{file_, events, 0};
    return ::poll(&waiting, 1, static_cast<int>(std::min<long>(left, INT32_MAX))) > 0 || errno == EINTR;
  }

  const Clock::time_point until_;
  int file_ = -1;
};

json::value result_in(const std::string& text, const std::string& id, const JsonCall& asked) {
  json::error_code wrong;
  auto parsed = json::parse(text, wrong);
  const auto* answer = wrong ? nullptr : parsed.if_object();
  const auto* named = answer == nullptr ? nullptr : answer->if_contains("id");
  if (named == nullptr || *named != json::value(id)) {
    throw Error(lost_answer(asked), "The node's answer to " + asked.method + " is not JSON-RPC.");
  }
  if (const auto* error = answer->if_contains("error"); error != nullptr && error->is_object()) {
    const auto* code = error->get_object().if_contains("code");
    const auto* said = error->get_object().if_contains("message");
    if (code != nullptr && code->is_int64()) {
      throw RpcError(code->get_int64(),
                     said != nullptr && said->is_string() ? std::string(said->get_string()) : std::string());
    }
  }
  auto* result = parsed.get_object().if_contains("result");
  if (result == nullptr)
    throw Error(lost_answer(asked), "The node's answer to " + asked.method + " has no result.");
  return std::move(*result);
}

}  // namespace

json::value UnixSocket::call(const JsonCall& asked, const Call& call) {
  const std::string id = "paynamed:" + asked.method + "#" + std::to_string(call.id());
  const json::object request{
      {"jsonrpc", "2.0"}, {"id", id}, {"method", asked.method}, {"params", asked.params}};
  const auto most = host_.remaining(call, timeout_ + asked.wait);
  Connection connection(path_, Clock::now() + most);
  // Even a part of it may have been enough for lightningd, which needs no line's end.
  const bool sent = connection.send(json::serialize(request));
  const auto text = sent ? connection.receive() : std::string();
  if (text.empty()) {
    throw Error(lost_answer(asked),
                "The node did not answer " + asked.method + " on its socket in time or hung up.");
  }
  return result_in(text, id, asked);
}

}  // namespace paynamed::cln
