import type { TestContext } from 'vitest'
import type { CleanupList } from '../../test/cleanups.js'
import type { Profile, RealBrowser, Tab } from './real-browser.js'
import { aRig, type Backend, type Rig } from './rig.js'
import { RigTab } from './rig-tab.js'

/** What all scenarios of a browser have in common. */
export interface Stage<Browser extends RealBrowser = RealBrowser> {
  readonly browser: Browser
  /** A server that nobody ends. */
  readonly backend: Backend
  /** For all clients that need no tab of their own: to open one costs more than most scenarios. */
  readonly tabs: readonly [Tab, Tab]
}

/** What a scenario plays with. */
export interface Scene {
  readonly cleanUp: CleanupList
  readonly rig: Rig
  readonly tab: RigTab
  /** Another tab of the same profile. */
  readonly otherTab: RigTab
}

/** Opens the tabs of a stage. */
export async function aStage<Browser extends RealBrowser>(
  browser: Browser,
  backend: Backend,
  cleanUp: CleanupList,
): Promise<Stage<Browser>> {
  const profile = await aProfile(browser, cleanUp)
  const { origin } = backend.pages
  return { browser, backend, tabs: [await profile.open(origin), await profile.open(origin)] }
}

/** Begins a scenario: with a network of its own, in front of the stage's backend or of one of its own. */
export async function enter(
  { backend, tabs: [tab, otherTab] }: Stage,
  test: TestContext,
  makeBackend: (cleanUp: CleanupList) => Promise<Backend> = async () => backend,
): Promise<Scene> {
  const cleanUp = cleanupsOf(test)
  const rig = await aRig(cleanUp, await makeBackend(cleanUp))
  const scene = { cleanUp, rig, tab: new RigTab(tab, rig), otherTab: new RigTab(otherTab, rig) }
  cleanUp(() => Promise.all([scene.tab.leave(), scene.otherTab.leave()]))
  return scene
}

/** Begins a scenario with a tab of its own, because of what is done to it. */
export async function enterAlone<Kind extends Tab>(
  { backend }: Stage,
  test: TestContext,
  profile: (cleanUp: CleanupList) => Promise<{ open(url: string): Promise<Kind> }>,
): Promise<{ readonly rig: Rig; readonly tab: RigTab<Kind> }> {
  const cleanUp = cleanupsOf(test)
  const rig = await aRig(cleanUp, backend)
  const own = await profile(cleanUp)
  return { rig, tab: new RigTab(await own.open(backend.pages.origin), rig) }
}

/** Makes a profile that is gone after the test. */
export async function aProfile<Kind extends Profile>(
  browser: { profile(): Promise<Kind> },
  cleanUp: CleanupList,
): Promise<Kind> {
  const profile = await browser.profile()
  cleanUp(() => profile.close())
  return profile
}

/** The cleanups of one test of several that run at once; `afterThisTest` does not know which one it is called in. */
export function cleanupsOf({ onTestFinished }: TestContext): CleanupList {
  return (cleanUp) =>
    onTestFinished(async () => {
      await cleanUp()
    })
}
