// NodesScene: a daemon with Core Lightning nodes: "carol" is the configuration's own, "bob" may be added.
//
// Threads: one thread at a time.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "tests/e2e/daemon/scene.hpp"
#include "tests/fakes/cln/fake_cln.hpp"

namespace paynamed::e2e {

// Looks until the condition holds; a failure of the test, with `what`, when it never does.
bool comes_true(const std::string& what, const std::function<bool()>& condition);

class NodesScene {
 public:
  // Nodes are looked at once an `interval`.
  explicit NodesScene(const fakes::KnotLab& lab, const std::string& interval = "1s");

  Scene& scene() { return scene_; }
  fakes::FakeCln& carol() { return carol_; }
  fakes::FakeCln& bob() { return bob_; }

  // The body of POST /v1/nodes for bob.
  std::string request(const std::string& rune, const std::string& owner = "somebody") const;
  // The same over his gRPC.
  std::string grpc_request(const std::string& owner = "somebody") const;
  // Adds bob; his id there.
  std::string add_bob();
  boost::json::object node(const std::string& id) { return scene_.get("/v1/nodes/" + id); }
  // "yes", "no" or "unknown".
  std::string receivable(const std::string& name);
  void use_key(char digit);
  // The configuration with these lines of the instance "cln" in the place of its added_nodes; not yet taken
  // up.
  void write_added_nodes(const std::string& lines);
  // New names get their offers at this instance from now on: "cln" (over clnrest), "socket" or "grpc".
  void use_instance(const std::string& instance);

 private:
  Parts parts(const std::string& instance) const;

  const std::string interval_;
  fakes::FakeCln carol_{"carol", fakes::FakeCln::Doors::kGrpcToo};
  fakes::FakeCln bob_{"bob", fakes::FakeCln::Doors::kGrpcToo};
  Scene scene_;
};

}  // namespace paynamed::e2e
