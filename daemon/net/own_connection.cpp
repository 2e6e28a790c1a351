#include "net/own_connection.hpp"

#include <dirent.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

namespace paynamed::net {
namespace {

using boost::asio::ip::tcp;

struct Close {
  void operator()(DIR* directory) const { closedir(directory); }
};

bool has_name(int socket, int (*name_of)(int, sockaddr*, socklen_t*), const tcp::endpoint& wanted) {
  tcp::endpoint found;
  auto size = static_cast<socklen_t>(found.capacity());
  if (name_of(socket, found.data(), &size) != 0 || size > found.capacity()) return false;
  found.resize(size);
  return found == wanted;
}

int own_name(int socket, sockaddr* name, socklen_t* size) {
  return getsockname(socket, name, size);
}
int other_name(int socket, sockaddr* name, socklen_t* size) {
  return getpeername(socket, name, size);
}

}  // namespace

bool is_own_connection(const tcp::endpoint& local, const tcp::endpoint& remote) {
  const std::unique_ptr<DIR, Close> directory{opendir("/proc/self/fd")};
  if (!directory) return false;
  while (const dirent* entry = readdir(directory.get())) {
    int descriptor = -1;
    const std::string_view name{entry->d_name};
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (error != std::errc{}) continue;
    if (has_name(descriptor, own_name, remote) && has_name(descriptor, other_name, local)) return true;
  }
  return false;
}

}  // namespace paynamed::net
