// paynamed: the payment-name daemon.
#include <CLI/CLI.hpp>
#include <iostream>

#include "process/commands.hpp"
#include "process/exit_code.hpp"

int main(int argc, char** argv) {
  CLI::App app{
      "paynamed registers payment names (BIP-353): it makes BOLT 12 offers, publishes them as DNSSEC-signed "
      "TXT\n"
      "records and proves them. paynamectl talks to a running paynamed."};
  app.set_version_flag("--version", "paynamed " PAYNAMED_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 ok, 64 wrong usage, 69 a port or resolver is not to be had, 75 the state file cannot "
      "be\n"
      "used (another paynamed has it), 78 a mistake in the configuration.");

  std::string config = "/etc/paynamed/paynamed.toml";
  bool json = false;
  auto* run = app.add_subcommand("run", "Serve until SIGTERM or SIGINT; SIGHUP reloads the configuration.");
  run->add_option("--config,-c", config, "the configuration file")->capture_default_str();
  auto* check =
      app.add_subcommand("check", "Check a configuration and the modules it names; starts nothing.");
  check->add_option("--config,-c", config, "the configuration file")->capture_default_str();
  check->add_flag("--json", json, "print the findings as JSON");
  auto* steps = app.add_subcommand("steps", "List the step kinds that pipelines may use.");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : paynamed::process::kExitUsage;
  }
  if (*check) return paynamed::process::check(config, json);
  if (*steps) return paynamed::process::list_steps();
  if (*run) return paynamed::process::run(config);
  return paynamed::process::kExitUsage;
}
