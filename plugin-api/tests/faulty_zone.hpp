// FaultyZone: a DnsProvider whose server is a zone in memory, with one mistake on request: those that
// providers are known to make. It shows that the conformance suite fails where it should.
//
// Threads: the plugin's functions run on its own threads, the zone's on any.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "paynamed/dns_provider.hpp"
#include "paynamed/testing/dns_conformance.hpp"

namespace paynamed::testing {

enum class Fault {
  kNone,
  kDeletesThenAdds,       // a replacement is two changes
  kAddsBeside,            // creates beside what stands there
  kOverwritesStrangers,   // does not look what stands there
  kForgetsKeys,           // the same again meets its own record as a stranger
  kRemembersValues,       // takes another key for the same, because the value is
  kChecksBeforeTheLock,   // all writers that look at once win
  kSaysNothingWasSent,    // of a lost reply
  kWithdrawsAnything,     // without comparing
  kWithdrawNeedsARecord,  // NOT_FOUND where nothing stands
  kReadsOneString,        // what is longer than 255 bytes is cut
  kUnescapes,             // takes backslashes away
  kIgnoresCnames,         // says that it published where nobody sees it
  kShowsItsToken,         // in an error
  kLogsItsToken,
  kSwallowsThrottling,     // a refused request counts as done
  kThrottlesWithoutAWish,  // RESOURCE_EXHAUSTED without retry_after
  kRepeatsAtPages,         // the last of a page is the first of the next
  kStopsAtAPage,           // the first page is all
  kForgetsTtls,
  kTakesAnyTtl,
  kReplacesOneByOne,          // several records, each in a change of its own
  kReplacesASubset,           // several records, without looking for more
  kFindsEveryZone,            // writes for zones that it does not have
  kWritesWithoutAChange,      // the same again is written again
  kTakesMissingExpectations,  // for "absent"
  kAbortsWhatStands,          // of a change that another writer met
  kListsTheSuffix,            // ListNames, beside what is below
  kNeedsASuffix               // ListNames without one finds nothing
};

// The server: plugin and suite see the same records.
class MemoryPeer final : public PeerZone {
 public:
  std::string apex() const override { return "example.test."; }
  std::vector<PeerTxt> txt(const std::string& name) override;
  void add_txt(const std::string& name, const std::string& value) override;
  void add_cname(const std::string& name, const std::string& target) override;
  void clear(const std::string& name) override;
  std::optional<std::uint64_t> version() override;
  void lose_next_write_reply() override;
  void add_txt_after_next_write(const std::string& name, const std::string& value) override;
  void throttle_next(int requests) override;
  // Writes are carried out when somebody looks at the zone next, or when the delay ends.
  void delay_writes(std::chrono::milliseconds time) override;

  using Records = std::vector<PeerTxt>;
  // One atomic change; false when its reply is lost, or comes too late.
  bool change(const std::string& name, const std::function<void(Records&)>& work);
  // The same if `holds`; nothing when it does not.
  std::optional<bool> change_if(const std::string& name, const std::function<bool(const Records&)>& holds,
                                const std::function<void(Records&)>& work);
  Records find(const std::string& name);
  bool has_cname(const std::string& name) const;
  std::map<std::string, Records> all();
  bool throttled();
  // Until somebody has looked at the zone twice more, at most a second.
  void wait_until_seen();
  // Until that many have come here, at most a second.
  void gather(int count);

 private:
  using Holds = std::function<bool(const Records&)>;
  using Work = std::function<void(Records&)>;
  bool change_now(const std::string& name, const Holds& holds, const Work& work);
  void catch_up();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> late_;
  bool delays_ = false;
  std::map<std::string, Records> records_;
  std::map<std::string, std::string> cnames_;
  std::uint64_t version_ = 1;
  std::uint64_t looks_ = 0;
  int gathered_ = 0;
  int throttled_ = 0;
  bool loses_ = false;
  std::optional<std::pair<std::string, std::string>> planted_next_;  // name and value
};

inline constexpr char kRightToken[] = "right-token-5f1c";
inline constexpr char kWrongToken[] = "wrong-token-77aa";

class FaultyZone final : public Blocking<DnsProvider> {
 public:
  FaultyZone(Host host, const Config& config);
  // What every instance made afterwards talks to, and its mistake.
  static void connect(MemoryPeer* peer, Fault fault);

  DescribeDnsReply describe(DescribeDnsRequest request, Call& call) override;
  PublishReply publish(PublishRequest request, Call& call) override;
  WithdrawReply withdraw(WithdrawRequest request, Call& call) override;
  ReadReply read(ReadRequest request, Call& call) override;
  ListNamesReply list_names(ListNamesRequest request, Call& call) override;
  SyncStatusReply sync_status(SyncStatusRequest request, Call& call) override;

 private:
  using Records = MemoryPeer::Records;
  void check_access(const std::string& zone, const std::string& name);
  void check_record(const TxtRecord& record) const;
  void replace(const std::string& name, const Records& wanted, const std::vector<std::string>& expected);
  bool has(Fault fault) const { return fault_ == fault; }

  MemoryPeer& peer_;
  const Fault fault_;
  Secret token_;
  std::mutex mutex_;
  std::map<std::string, std::string> published_;  // kRemembersValues: name to value
};

}  // namespace paynamed::testing
