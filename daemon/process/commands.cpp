#include "process/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <vector>

#include "pipeline/step_kind.hpp"
#include "process/checked_config.hpp"
#include "process/daemon.hpp"
#include "process/descriptor_limit.hpp"
#include "process/exit_code.hpp"

namespace paynamed::process {
namespace asio = boost::asio;

namespace {

observe::Log make_log(const config::Config& config, const base::Clock& clock) {
  observe::Log::Settings settings;
  settings.level = observe::level_from_string(config.log.level).value_or(observe::Level::kInfo);
  settings.format = config.log.format == "json" ? observe::Log::Format::kJson : observe::Log::Format::kText;
  return observe::Log{settings, clock};
}

struct Ending {
  int exit_code = kExitOk;
  bool clean = true;
};

// What a kill would leave is what a restart repairs, so a second signal may be that hard.
asio::awaitable<void> end_at_once(asio::signal_set& signals) {
  for (;;) {
    boost::system::error_code error;
    const int signal = co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    if (signal != SIGHUP) std::_Exit(128 + SIGTERM);
  }
}

asio::awaitable<void> serve(Daemon& daemon, asio::signal_set& signals, const observe::Log& log,
                            Ending& ending) {
  if (const auto failure = co_await daemon.start()) {
    log.error(failure->status.message(), {{"detail", failure->status.detail()}});
    ending.exit_code = failure->exit_code;
  } else {
    boost::system::error_code error;
    int signal = SIGHUP;
    for (;;) {
      signal = co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, error));
      if (error || signal != SIGHUP) break;
      // Not waited for: SIGTERM must be heard meanwhile.
      asio::co_spawn(co_await asio::this_coro::executor, daemon.reload(), asio::detached);
    }
    log.info("stopping; a second signal ends the process at once", {{"signal", signal}});
    asio::co_spawn(co_await asio::this_coro::executor, end_at_once(signals), asio::detached);
  }
  ending.clean = co_await daemon.stop();
  signals.cancel();
}

}  // namespace

int run(const std::filesystem::path& file, state::SqliteStore::Settings store_settings) {
  const CheckedConfig checked = check_config(file);
  const config::Config& config = checked.runtime->config;
  if (!checked.diagnostics.sorted().empty()) {
    std::cerr << config::render(checked.diagnostics, file.string(), config.source);
  }
  if (checked.diagnostics.has_errors()) return kExitConfig;

  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  base::SystemClock clock;
  base::SystemRandom random;
  const observe::Log log = make_log(config, clock);
  const unsigned threads = std::max(2U, std::thread::hardware_concurrency());
  asio::io_context io{static_cast<int>(threads)};
  asio::signal_set signals{io, SIGTERM, SIGINT, SIGHUP};
  Ending ending;
  {
    Daemon daemon{io, checked.runtime, clock, random, log, std::move(store_settings)};
    asio::co_spawn(io, serve(daemon, signals, log, ending), [&](std::exception_ptr error) {
      if (error) {
        log.error("the daemon could not go on; this is a bug, tell its authors");
        ending = {kExitUnavailable, false};
      }
      io.stop();
    });
    std::vector<std::jthread> pool;
    for (unsigned i = 1; i < threads; ++i) pool.emplace_back([&io] { io.run(); });
    io.run();
    pool.clear();
    if (!ending.clean) {
      std::fflush(nullptr);
      std::_Exit(ending.exit_code);
    }
  }
  return ending.exit_code;
}

int check(const std::filesystem::path& file, bool json) {
  const CheckedConfig checked = check_config(file);
  const bool bad = checked.diagnostics.has_errors();
  if (json) {
    std::cout << config::render_json(checked.diagnostics, file.string()) << '\n';
  } else {
    std::cout << config::render(checked.diagnostics, file.string(), checked.runtime->config.source);
    if (!bad) std::cout << file.string() << ": ok\n";
  }
  return bad ? kExitConfig : kExitOk;
}

int list_steps() {
  for (const pipeline::StepKind& kind : pipeline::step_kinds()) {
    std::cout << fmt::format("{}\n    {}\n", kind.name, kind.meaning);
    for (const pipeline::Argument& argument : kind.arguments) {
      std::cout << fmt::format("    args.{}{}: {}\n", argument.name, argument.required ? " (required)" : "",
                               argument.meaning);
    }
    for (const pipeline::Output& output : kind.outputs)
      std::cout << fmt::format("    gives {}\n", output.name);
  }
  return kExitOk;
}

}  // namespace paynamed::process
