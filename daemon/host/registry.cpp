#include "host/registry.hpp"

#include <new>

#include "host/thread_pool.hpp"

namespace paynamed::host {
namespace {

// Never destroyed: destroying would unload modules whose code may still run.
template <class T>
class Immortal {
 public:
  Immortal() { std::construct_at(reinterpret_cast<T*>(storage_)); }
  Immortal(const Immortal&) = delete;
  Immortal& operator=(const Immortal&) = delete;
  T& get() { return *std::launder(reinterpret_cast<T*>(storage_)); }

 private:
  alignas(T) std::byte storage_[sizeof(T)];
};

}  // namespace

Registry& Registry::get() {
  static Immortal<Registry> registry;
  return registry.get();
}

base::Result<const Module*> Registry::module(const std::filesystem::path& file,
                                             const std::function<base::Result<Module>()>& load) {
  const std::lock_guard lock(mutex_);
  auto& known = modules_[file];
  if (!known) {
    auto loaded = load();
    if (!loaded) return base::fail(std::move(loaded).error());
    known = std::make_unique<Module>(std::move(*loaded));
  }
  return known.get();
}

void Registry::keep(boost::dll::shared_library library) {
  libraries_.push_back(std::move(library));
}

Registry::Entry Registry::add(std::weak_ptr<InstanceCore> core) {
  const std::unique_lock lock(instances_mutex_);
  instances_.push_back(std::move(core));
  tables_.push_back(std::make_unique<pn_host>());
  return {static_cast<std::uint32_t>(instances_.size() - 1), tables_.back().get()};
}

std::shared_ptr<InstanceCore> Registry::find(std::uint32_t number) const {
  const std::shared_lock lock(instances_mutex_);
  return number < instances_.size() ? instances_[number].lock() : nullptr;
}

void Registry::leave(std::shared_ptr<ThreadPool> pool) {
  const std::lock_guard lock(mutex_);
  left_.push_back(std::move(pool));
}

}  // namespace paynamed::host
