import { useMemo } from 'react';

/** Every IANA zone that the browser knows, by region; UTC and the chosen one are always among them. */
export function ZoneOptions({ chosen }: { chosen: string }) {
  const regions = useMemo(() => {
    const zones = new Set(['UTC', chosen, ...Intl.supportedValuesOf('timeZone')]);
    const groups = new Map<string, string[]>();
    for (const zone of zones) {
      const region = zone.includes('/') ? zone.slice(0, zone.indexOf('/')) : 'General';
      groups.set(region, [...(groups.get(region) ?? []), zone]);
    }
    return [...groups];
  }, [chosen]);
  return regions.map(([region, zones]) => (
    <optgroup key={region} label={region}>
      {zones.map((zone) => (
        <option key={zone} value={zone}>
          {zone.replaceAll('_', ' ')}
        </option>
      ))}
    </optgroup>
  ));
}
