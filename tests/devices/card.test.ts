import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { build } from '../../kiosk/setup/build.mjs';
import { type Rig, startRig, type TestVisit } from './card-rig.ts';

beforeAll(() => build());

describe.each(['pcscd', 'direct'] as const)('a card through %s', (path) => {
  let rig: Rig;
  let visit: TestVisit;
  beforeAll(async () => {
    rig = await startRig({ path });
  });
  afterAll(() => rig?.close());
  beforeEach(async () => {
    if ((await rig.simState()).inserted[0]) await rig.sim({ device: 'card', action: 'remove' });
    visit = await rig.visit();
    await visit.untilKind('empty');
  });

  it('is named and read with all its fields, and proves itself', async () => {
    await rig.sim({ device: 'card', action: 'insert', specimen: 'p1' });
    const ready = await visit.untilKind('ready');
    expect(await visit.read(ready)).toEqual({
      kind: 'read',
      insertion: ready.insertion,
      proved: 'active',
      values: {
        nameEnglish: 'SHEUNG KIN HONG',
        nameChinese: '常健康',
        documentNumber: 'Z683365(5)',
        dateOfBirth: '1985-06-03',
        sex: 'M',
        dateOfIssue: '2019-11-26',
        symbols: '***AZ',
      },
    });
  });
});
