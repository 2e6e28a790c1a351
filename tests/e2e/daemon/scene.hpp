// Scene: a daemon with everything around it in a temporary folder, and the questions that tests ask of it.
//
// Threads: one thread at a time.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/daemon/daemon_process.hpp"
#include "tests/fakes/daemon/http_client.hpp"
#include "tests/fakes/dns/knot_lab.hpp"

namespace paynamed::e2e {

// A folder that goes with its object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& file, const std::string& text);
std::string read_file(const std::filesystem::path& file);

// What a configuration for the lab has besides what it always has: TOML, each for its place.
struct Parts {
  std::string listen = "127.0.0.1:0";
  std::string log = "level = \"debug\"";
  std::string stop_deadline = "10s";
  std::string ttl = "60s";  // of records
  std::string daemon;       // into [daemon]
  std::string dns;          // into [dns]
  // The zones are found at the lab's addresses. Without it nothing says where they are, and
  // authoritative_port is one where nobody listens.
  bool reachable_servers = true;
  std::string domain;           // into each [domains]
  std::string zone;             // into [plugins.zone]
  std::uint16_t zone_port = 0;  // of the server that [plugins.zone] writes to; 0: the lab's
  std::string node;             // into [plugins.node]
  std::string tables;           // at the end: more plugins and domains
  std::string pipelines;        // [[pipelines...]]
};

// The built-in `register` with other words in some steps: `publish` and `await` are TOML for these steps.
std::string register_pipeline(const std::string& publish, const std::string& await = {});

class Scene {
 public:
  // Writes a configuration with the lab's signed and unsigned domains, zone rfc2136 and node sandbox; starts
  // nothing.
  explicit Scene(const fakes::KnotLab& lab, Parts parts = {});
  // Prints the daemon's log when the test has failed.
  ~Scene();

  const std::filesystem::path& folder() const { return folder_.path(); }
  std::filesystem::path config_file() const { return folder() / "paynamed.toml"; }
  const std::string& api_key() const { return api_key_; }
  void write_config(const Parts& parts);
  fakes::DaemonProcess& daemon() { return daemon_; }

  // Of the API, with the key. A request that cannot be sent throws.
  fakes::HttpReply send(const std::string& method, const std::string& target, const std::string& body = {},
                        const fakes::HttpClient::Headers& headers = {}) const;
  boost::json::object get(const std::string& target) const;
  // POST /v1/names and waits for the run's rest. `source` is a JSON object or empty.
  fakes::HttpReply register_name(const std::string& name, const std::string& owner = "somebody",
                                 const std::string& source = {}) const;
  // The same without waiting: the id of the run.
  std::string begin_registration(const std::string& name) const;
  boost::json::object run(const std::string& id) const;
  // The step of a run that has this id.
  boost::json::object step(const std::string& run, const std::string& step) const;
  // Looks at the run until the condition holds, and returns it; a failure of the test when it never does.
  boost::json::object run_when(const std::string& id,
                               const std::function<bool(const boost::json::object&)>& condition) const;
  // Until its state is this one.
  boost::json::object run_when(const std::string& id, const std::string& state) const;
  std::vector<boost::json::object> events() const;
  // Types of all events about the name, in order.
  std::vector<std::string> event_types(const std::string& name) const;
  // States of the offers that the name has.
  std::vector<std::string> offer_states(const std::string& name) const;

  // The daemon's own key is used; --json is for the caller to give.
  fakes::Ended ctl(std::vector<std::string> arguments) const;

  // What the sandbox node wrote down: the offers made, and whether each is active.
  std::vector<std::pair<std::string, bool>> sandbox_offers() const;

 private:
  const fakes::KnotLab& lab_;
  TemporaryFolder folder_;
  std::string api_key_;
  fakes::DaemonProcess daemon_;
};

// The TXT values that one address of the lab has for a payment name; empty when none stands there.
std::vector<std::string> txt_at(const fakes::KnotLab& lab, const std::string& address,
                                const std::string& name);
std::string owner_name(const std::string& name);

std::string text(const boost::json::object& object, const std::string& key);

// Tests of one suite share a lab.
class LabTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { lab_ = std::make_unique<fakes::KnotLab>(); }
  static void TearDownTestSuite() { lab_.reset(); }
  static fakes::KnotLab& lab() { return *lab_; }

 private:
  static inline std::unique_ptr<fakes::KnotLab> lab_;
};

}  // namespace paynamed::e2e
