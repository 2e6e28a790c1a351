#include "net/own_connection.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>

namespace paynamed::net {
namespace {
namespace asio = boost::asio;
using asio::ip::tcp;

TEST(OwnConnection, IsToldFromThoseOfOthers) {
  asio::io_context io;
  tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  tcp::socket ours{io};
  ours.connect(acceptor.local_endpoint());
  const tcp::socket accepted = acceptor.accept();
  EXPECT_TRUE(is_own_connection(acceptor.local_endpoint(), accepted.remote_endpoint()));
  EXPECT_FALSE(is_own_connection(acceptor.local_endpoint(), {asio::ip::address_v4::loopback(), 1}));

  // Another process: it connects and waits until we hang up.
  const auto place = acceptor.local_endpoint();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    char byte = 0;
    if (::connect(socket, place.data(), static_cast<socklen_t>(place.size())) == 0)
      (void)!::read(socket, &byte, 1);
    _exit(0);
  }
  {
    const tcp::socket foreign = acceptor.accept();
    EXPECT_FALSE(is_own_connection(acceptor.local_endpoint(), foreign.remote_endpoint()));
  }
  waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace paynamed::net
