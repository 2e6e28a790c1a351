// paynamectl: the command line of paynamed.
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>

#include "base/clock.hpp"
#include "ctl/command_line.hpp"
#include "ctl/http.hpp"

namespace {

void write_to(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

void pause_for(paynamed::base::Clock& clock, paynamed::base::Duration duration) {
  boost::asio::io_context context{1};
  boost::asio::co_spawn(context, paynamed::base::sleep_for(clock, duration), boost::asio::detached);
  context.run();
}

// Nobody can answer where standard input is no terminal.
std::function<bool(std::string_view)> confirmation() {
  if (::isatty(STDIN_FILENO) == 0) return {};
  return [](std::string_view question) {
    write_to(stderr, std::string{question} + " [y/N] ");
    std::string answer;
    return std::getline(std::cin, answer) && (answer == "y" || answer == "yes");
  };
}

}  // namespace

int main(int argc, char** argv) {
  using namespace paynamed;
  // `paynamectl events --follow | head` ends when nobody reads any more.
  std::signal(SIGPIPE, SIG_DFL);
  base::SystemClock clock;
  return ctl::run_command_line(
      argc, argv,
      [](ctl::Url url, std::string key) {
        return std::make_unique<ctl::HttpConnection>(std::move(url), std::move(key));
      },
      clock, ctl::style_of_output(), [](std::string_view text) { write_to(stdout, text); },
      [](std::string_view text) { write_to(stderr, text); },
      [&clock](base::Duration duration) { pause_for(clock, duration); }, confirmation());
}
