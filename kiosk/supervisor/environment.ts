/** What a process of the kiosk is told of the environment it was started in: only what it needs, so that nothing else can steer it. */
const ALLOWED = [
  ...['PATH', 'HOME', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR'],
  ...['DISPLAY', 'WAYLAND_DISPLAY', 'XDG_RUNTIME_DIR', 'XAUTHORITY'],
];
const ALLOWED_FAMILIES = /^(LC|PAILOU)_[A-Z0-9_]+$/;

/** `also` names what this one process needs besides, for instance the place of the keys for those that start visits. */
export function childEnvironment(env: NodeJS.ProcessEnv, also: readonly string[] = []): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name, value]) => value !== undefined && (ALLOWED.includes(name) || also.includes(name) || ALLOWED_FAMILIES.test(name)),
    ),
  );
}
