// BindServer: a real named (BIND) on 127.0.0.1 that is a secondary of a KnotLab, for one test. It ends with
// its object and with the thread that started it.
//
// Threads: one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/daemon/child.hpp"
#include "tests/fakes/dns/knot_lab.hpp"

namespace paynamed::fakes {

struct BindZone {
  enum class Source {
    kPrimary,  // transferred from the lab by AXFR and IXFR with its TSIG key, asked for news each second
    kOldCopy,  // what was transferred before; the primary is not reached
    kText,     // the primary itself, of `text`
    kUpdated,  // the same, and who has the lab's TSIG key may update and transfer it
  };
  std::string zone;  // "example.test."
  Source source = Source::kPrimary;
  std::string text;
};

class BindServer {
 public:
  // The lab has to outlive it. Throws std::runtime_error when BIND is not installed.
  explicit BindServer(const KnotLab& lab);
  ~BindServer();
  BindServer(const BindServer&) = delete;
  BindServer& operator=(const BindServer&) = delete;

  // Starts it, or ends it and starts it again, with these zones and no other; returns when all are answered
  // for. Copies of zones stay from one start to the next. Throws std::runtime_error with its log.
  void serve(const std::vector<BindZone>& zones);
  // Sets the copy of a zone aside, and puts that back in place of a newer one. Both need it to be stopped.
  void stop();
  void keep_copy(const std::string& zone) const;
  void put_back_copy(const std::string& zone) const;

  // The same from the first serve() on.
  std::uint16_t port() const { return port_; }

 private:
  void write_configuration(const std::vector<BindZone>& zones) const;
  bool wait_until_served(const std::vector<BindZone>& zones);
  std::filesystem::path copy_of(const std::string& zone) const;

  const KnotLab& lab_;
  std::filesystem::path directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Child> child_;
};

}  // namespace paynamed::fakes
