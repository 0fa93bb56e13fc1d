/** A place and the time zone it lies in. */
export interface Place {
  readonly name: string
  readonly zone: string
}

// Places that people ask for and that name no IANA zone themselves.
const MORE_PLACES: Readonly<Record<string, string>> = {
  austria: 'Europe/Vienna',
  beijing: 'Asia/Shanghai',
  boston: 'America/New_York',
  california: 'America/Los_Angeles',
  china: 'Asia/Shanghai',
  england: 'Europe/London',
  france: 'Europe/Paris',
  germany: 'Europe/Berlin',
  gmt: 'UTC',
  hamburg: 'Europe/Berlin',
  india: 'Asia/Kolkata',
  italy: 'Europe/Rome',
  japan: 'Asia/Tokyo',
  korea: 'Asia/Seoul',
  miami: 'America/New_York',
  milan: 'Europe/Rome',
  mumbai: 'Asia/Kolkata',
  munich: 'Europe/Berlin',
  'new delhi': 'Asia/Kolkata',
  nyc: 'America/New_York',
  'san francisco': 'America/Los_Angeles',
  seattle: 'America/Los_Angeles',
  spain: 'Europe/Madrid',
  switzerland: 'Europe/Zurich',
  uk: 'Europe/London',
  utc: 'UTC',
  'washington dc': 'America/New_York',
}

/** Finds the time zone of a place: an IANA name, the city in one, or one of a few more names. */
export function findPlace(text: string): Place | undefined {
  const wanted = text.trim().replace(/\s+/g, ' ')
  const key = wanted.toLowerCase().replaceAll('_', ' ')
  if (key === '') return undefined
  const known = Object.hasOwn(MORE_PLACES, key) ? MORE_PLACES[key] : undefined
  if (known !== undefined) return { name: wanted, zone: known }
  const zones = Intl.supportedValuesOf('timeZone')
  const plainName = (zone: string): string => zone.toLowerCase().replaceAll('_', ' ')
  const zone =
    zones.find((each) => plainName(each) === key) ??
    zones.find((each) => plainName(each.split('/').at(-1) ?? '') === key) ??
    (wanted.includes('/') ? canonicalZone(wanted) : undefined)
  if (zone === undefined) return undefined
  return { name: (zone.split('/').at(-1) ?? zone).replaceAll('_', ' '), zone }
}

/** Writes a moment as the clock on the wall of a zone shows it. */
export function describeTime(moment: Date, zone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'shortOffset',
  })
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]))
  const { hour, minute, weekday, day, month, year, timeZoneName } = parts
  return `${hour}:${minute} on ${weekday}, ${day} ${month} ${year} (${zone === 'UTC' ? 'UTC' : `${zone}, ${timeZoneName}`})`
}

// Names that ICU knows but does not list, such as `Asia/Calcutta`.
function canonicalZone(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
}
